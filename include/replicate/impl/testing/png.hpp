// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_PNG_HPP
#define REPLICATE_IMPL_TESTING_PNG_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace replicate::testing::detail {

/// A picture of 256 colours.
class indexed_image {
public:
    std::size_t width;
    std::size_t height;
    /// Red, green, blue; three bytes for each of the 256 colours.
    std::string palette = std::string(768, '\0');
    /// The number of a colour for each pixel, row by row.
    std::string pixels;

    indexed_image(std::size_t across, std::size_t down)
        : width(across)
        , height(down)
        , pixels(across * down, '\0')
    {
    }
};

constexpr std::array<std::uint32_t, 256> make_crc_table() noexcept
{
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t number = 0; number < 256; ++number) {
        std::uint32_t value = number;
        for (int bit = 0; bit < 8; ++bit)
            value = (value & 1) != 0 ? 0xedb88320U ^ (value >> 1) : value >> 1;
        table[number] = value;
    }
    return table;
}

inline std::uint32_t crc32(std::string_view bytes) noexcept
{
    static constexpr auto table = make_crc_table();
    std::uint32_t value = 0xffffffffU;
    for (char const byte : bytes)
        value = table[(value ^ static_cast<unsigned char>(byte)) & 0xff] ^ (value >> 8);
    return ~value;
}

inline std::uint32_t adler32(std::string_view bytes) noexcept
{
    std::uint32_t low = 1;
    std::uint32_t high = 0;
    while (!bytes.empty()) {
        // So many sums cannot overflow before the remainder is taken.
        std::string_view const part = bytes.substr(0, 5552);
        for (char const byte : part) {
            low += static_cast<unsigned char>(byte);
            high += low;
        }
        low %= 65521;
        high %= 65521;
        bytes.remove_prefix(part.size());
    }
    return high << 16 | low;
}

inline void append_big_endian(std::string& bytes, std::uint32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        bytes += static_cast<char>(value >> shift & 0xff);
}

inline void append_chunk(std::string& png, std::string_view type, std::string_view content)
{
    append_big_endian(png, static_cast<std::uint32_t>(content.size()));
    std::string const checked = std::string(type) + std::string(content);
    png += checked;
    append_big_endian(png, crc32(checked));
}

/// A zlib stream (RFC 1950) of stored blocks: larger than a compressed one, but nothing else is needed to make it.
inline std::string store_as_zlib(std::string_view bytes)
{
    std::string stream("\x78\x01", 2);
    std::string_view rest = bytes;
    do {
        std::string_view const block = rest.substr(0, 65535);
        rest.remove_prefix(block.size());
        auto const size = static_cast<std::uint32_t>(block.size());
        stream += rest.empty() ? '\1' : '\0';
        for (std::uint32_t const number : {size, ~size}) {
            stream += static_cast<char>(number & 0xff);
            stream += static_cast<char>(number >> 8 & 0xff);
        }
        stream += block;
    } while (!rest.empty());
    append_big_endian(stream, adler32(bytes));
    return stream;
}

/// The PNG file of a picture.
inline std::string to_png(indexed_image const& image)
{
    std::string header;
    append_big_endian(header, static_cast<std::uint32_t>(image.width));
    append_big_endian(header, static_cast<std::uint32_t>(image.height));
    // Eight bits, a palette, and no choice of compression, filter or interlacing.
    header += std::string("\x08\x03\0\0\0", 5);
    std::string rows;
    rows.reserve(image.pixels.size() + image.height);
    for (std::size_t row = 0; row < image.height; ++row) {
        rows += '\0';
        rows.append(image.pixels, row * image.width, image.width);
    }
    std::string png("\x89PNG\r\n\x1a\n", 8);
    append_chunk(png, "IHDR", header);
    append_chunk(png, "PLTE", image.palette);
    append_chunk(png, "IDAT", store_as_zlib(rows));
    append_chunk(png, "IEND", "");
    return png;
}

/// Coloured waves, each hash its own: `hash` needs at least 16 characters.
inline indexed_image paint_waves(std::string_view hash, std::size_t width, std::size_t height)
{
    auto const part = [&](std::size_t place) { return static_cast<double>(static_cast<unsigned char>(hash[place])); };
    auto const wave = [](double position, double length, double phase) {
        return 42 * (1 + std::sin(position / length + phase));
    };
    indexed_image image(width, height);
    for (std::size_t color = 0; color < 256; ++color)
        for (std::size_t channel = 0; channel < 3; ++channel) {
            double const angle = static_cast<double>(color) * 0.0245 + part(channel) * 0.7;
            image.palette[color * 3 + channel] = static_cast<char>(std::lround(127.5 + 127.4 * std::sin(angle)));
        }
    std::vector<int> across(width), down(height), slanted(width + height);
    double const size = static_cast<double>(std::max(width, height)) / 20;
    for (std::size_t x = 0; x < width; ++x)
        across[x] = static_cast<int>(wave(static_cast<double>(x), size + part(4) / 4, part(5)));
    for (std::size_t y = 0; y < height; ++y)
        down[y] = static_cast<int>(wave(static_cast<double>(y), size + part(6) / 4, part(7)));
    for (std::size_t sum = 0; sum < width + height; ++sum)
        slanted[sum] = static_cast<int>(wave(static_cast<double>(sum), size + part(8) / 3, part(9)));
    for (std::size_t y = 0; y < height; ++y)
        for (std::size_t x = 0; x < width; ++x)
            image.pixels[y * width + x] = static_cast<char>(across[x] + down[y] + slanted[x + y]);
    return image;
}

} // namespace replicate::testing::detail

#endif
