// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_EXAMPLES_BATCH_DEMONSTRATION_HPP
#define REPLICATE_EXAMPLES_BATCH_DEMONSTRATION_HPP

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

namespace batch_program {

/// A small picture, as a file that every viewer knows.
inline void paint_bitmap(std::filesystem::path const& path, unsigned hue)
{
    constexpr std::uint32_t side = 32, head = 54, size = head + side * side * 3;
    std::string bytes = "BM";
    auto const put = [&](std::uint32_t number, int count) {
        for (int i = 0; i < count; ++i)
            bytes += static_cast<char>(number >> (8 * i) & 0xffU);
    };
    put(size, 4), put(0, 4), put(head, 4);
    put(40, 4), put(side, 4), put(side, 4), put(1, 2), put(24, 2);
    bytes.append(24, '\0');
    for (std::uint32_t y = 0; y < side; ++y)
        for (std::uint32_t x = 0; x < side; ++x)
            put(((hue * 37 + 8 * x) & 0xffU) | ((hue * 91 + 8 * y) & 0xffU) << 8U | ((4 * (x + y)) & 0xffU) << 16U, 3);
    std::ofstream(path, std::ios::binary) << bytes;
}

/// A row of each kind that a batch may have: texts, images, files of this machine, and what goes wrong.
inline boost::json::object demonstration_row(int number, std::filesystem::path const& directory)
{
    namespace json = boost::json;
    std::string const digits = std::to_string(number);
    json::object row{{"custom_id", "row-" + std::string(digits.size() < 4 ? 4 - digits.size() : 0, '0') + digits}};
    int const kind = number % 10;
    if (kind < 5) {
        row["model"] = "meta/meta-llama-3-8b-instruct";
        row["input"] = json::object{{"prompt", "Tell me of llama number " + digits}, {"max_tokens", 12 + number % 30}};
    } else if (kind < 8) {
        row["model"] = "black-forest-labs/flux-schnell";
        // One in a hundred asks for what the model does not take.
        row["input"] = json::object{{"prompt", "llama number " + digits + " on a hill"}, {"seed", number}, {"width", 96},
            {"height", number % 100 == 6 ? 9000 : 96}};
    } else if (kind == 8) {
        std::string const file = number % 100 == 98 ? "missing.bmp" : "photo-" + std::to_string(number / 10 % 10) + ".bmp";
        row["model"] = "nightmareai/real-esrgan";
        row["input"] = json::object{{"image", "@" + (directory / file).string()}, {"scale", 2}};
    } else {
        row["model"] = "test/fails";
        row["input"] = json::object{{"prompt", "This one fails"}, {"number", number}};
    }
    return row;
}

/// Makes an input of so many rows; gives its path.
inline std::filesystem::path make_demonstration(std::filesystem::path const& directory, int rows)
{
    for (unsigned hue = 0; hue < 10; ++hue)
        paint_bitmap(directory / ("photo-" + std::to_string(hue) + ".bmp"), hue);
    std::filesystem::path const path = directory / "rows.jsonl";
    std::ofstream file(path);
    for (int number = 0; number < rows; ++number)
        file << boost::json::serialize(demonstration_row(number, directory)) << '\n';
    return path;
}

} // namespace batch_program

#endif
