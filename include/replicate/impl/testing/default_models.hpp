// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_DEFAULT_MODELS_HPP
#define REPLICATE_IMPL_TESTING_DEFAULT_MODELS_HPP

#include <replicate/impl/testing/input_check.hpp>
#include <replicate/impl/testing/model_registry.hpp>
#include <replicate/impl/testing/png.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate::testing::detail {

// The text in pieces of a word each, the space before it included, as language models emit them.
inline std::vector<std::string> split_words(std::string_view text)
{
    std::vector<std::string> words;
    while (!text.empty()) {
        std::size_t const end = text.find(' ', 1);
        words.emplace_back(text.substr(0, end));
        text.remove_prefix(words.back().size());
    }
    return words;
}

inline std::string answer_to(std::string_view prompt)
{
    std::string const quoted = prompt.empty() ? "nothing at all" : '"' + std::string(prompt) + '"';
    return "You wrote " + quoted
        + ". A llama would hum at that, look over the hills, and answer: this text comes from the local server, which "
          "runs no model. It counts words as tokens, and every one of them came over a real connection.";
}

inline script language_model(replicate::input const& input)
{
    using namespace std::chrono_literals;
    input_check check(input);
    std::string const prompt = check.required_text("prompt");
    auto const most = static_cast<std::size_t>(check.integer("max_tokens", 512, 1, 8192));
    check.finish();
    std::vector<std::string> pieces = split_words(answer_to(prompt));
    pieces.resize(std::min(pieces.size(), most));
    constexpr auto each = 2ms;
    auto const count = static_cast<std::int64_t>(pieces.size());
    script life;
    life.boot(10ms).text_pieces(pieces, each);
    life.metric("input_token_count", static_cast<std::int64_t>(split_words(prompt).size()));
    life.metric("output_token_count", count);
    life.metric("tokens_per_second", 500.0);
    life.metric("time_to_first_token", 0.002);
    return life;
}

// One line of a progress bar, as it stands in real logs.
inline std::string progress_line(int done, int all)
{
    int const percent = done * 100 / all;
    std::string const number = std::to_string(percent);
    return std::string(3 - number.size(), ' ') + number + "%|"
        + std::string(static_cast<std::size_t>(percent / 10), '#')
        + std::string(static_cast<std::size_t>(10 - percent / 10), ' ') + "| " + std::to_string(done) + '/'
        + std::to_string(all);
}

inline script image_model(replicate::input const& input, std::int64_t most_steps)
{
    using namespace std::chrono_literals;
    input_check check(input);
    std::string const prompt = check.required_text("prompt");
    auto const width = static_cast<std::size_t>(check.integer("width", 512, 1, 1024));
    auto const height = static_cast<std::size_t>(check.integer("height", 512, 1, 1024));
    auto const count = check.integer("num_outputs", 1, 1, 4);
    auto const seed = check.integer("seed", 0, INT64_MIN, INT64_MAX);
    check.integer("num_inference_steps", 1, 1, most_steps);
    check.finish();
    script life;
    life.boot(10ms).log("Using seed: " + std::to_string(seed));
    for (int step = 0; step <= 4; ++step)
        life.run(10ms).log(progress_line(step, 4));
    std::vector<output_file> files;
    for (std::int64_t number = 0; number < count; ++number) {
        std::string const hash = digest_text(prompt + '\n' + std::to_string(seed + number));
        files.emplace_back(
            to_png(paint_waves(hash, width, height)), "image/png", "out-" + std::to_string(number) + ".png");
    }
    return life.file_list(std::move(files));
}

inline script sdxl(replicate::input const& input)
{
    return image_model(input, 500);
}

inline script flux_schnell(replicate::input const& input)
{
    return image_model(input, 4);
}

inline script hello_world(replicate::input const& input)
{
    input_check check(input);
    std::string const text = check.required_text("text");
    check.finish();
    return script("hello " + text);
}

inline script failing_model(replicate::input const&)
{
    using namespace std::chrono_literals;
    return script()
        .boot(5ms)
        .log("Loading weights")
        .run(20ms)
        .fail("CUDA out of memory (E1001)", "Traceback (most recent call last):\nRuntimeError: CUDA out of memory");
}

// Both take `milliseconds` as their input.
inline script slow_model(replicate::input const& input)
{
    input_check check(input);
    auto const time = std::chrono::milliseconds(check.integer("milliseconds", 2000, 0, 3'600'000));
    check.finish();
    script life;
    life.log(progress_line(0, 10));
    for (int step = 1; step <= 10; ++step)
        life.run(time / 10).log(progress_line(step, 10));
    return life.output("slow, but done");
}

inline script cold_boot_model(replicate::input const& input)
{
    input_check check(input);
    auto const time = std::chrono::milliseconds(check.integer("milliseconds", 2000, 0, 3'600'000));
    check.finish();
    return script().boot(time).run(std::chrono::milliseconds(5)).output("warm now");
}

inline script endless_model(replicate::input const&)
{
    return script().log("This will take a while").never_ends();
}

inline script echo_model(replicate::input const& input)
{
    return script(json::value(input.object()));
}

/// The models that a server knows from the start.
inline void add_default_models(model_registry& models)
{
    models.add("meta/meta-llama-3-8b-instruct", language_model);
    models.add("black-forest-labs/flux-schnell", flux_schnell);
    models.add("stability-ai/sdxl", sdxl, false, "39ed52f2a78e934b3ba6e2a89f5b1c712de7dfea535525255b1aa35c5565e08b");
    models.add("replicate/hello-world", hello_world, false,
        "5c7d5dc6dd8bf75c1acaa8565735e7986bc5b66206b55cca93cb72c9bf15ccaa");
    models.add("test/fails", failing_model);
    models.add("test/slow", slow_model);
    models.add("test/cold-boot", cold_boot_model);
    models.add("test/never-ends", endless_model);
    models.add("test/echo", echo_model);
}

} // namespace replicate::testing::detail

#endif
