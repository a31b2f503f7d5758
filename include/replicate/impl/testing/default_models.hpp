// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_DEFAULT_MODELS_HPP
#define REPLICATE_IMPL_TESTING_DEFAULT_MODELS_HPP

#include <replicate/impl/testing/input_check.hpp>
#include <replicate/impl/testing/model_registry.hpp>
#include <replicate/impl/testing/png.hpp>
#include <replicate/impl/testing/schema_writer.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <initializer_list>
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
    check.number("temperature", 0.7, 0, 5);
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

inline script image_model(input_check& check, std::int64_t most_steps)
{
    using namespace std::chrono_literals;
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
    input_check check(input);
    check.choice("scheduler", {"K_EULER", "DDIM", "DPMSolverMultistep"});
    return image_model(check, 500);
}

inline script flux_schnell(replicate::input const& input)
{
    input_check check(input);
    check.choice("output_format", {"png"});
    return image_model(check, 4);
}

// Paints anew rather than enlarge: what it paints is told by the place of the image that it is given.
inline script enlarging_model(replicate::input const& input)
{
    using namespace std::chrono_literals;
    input_check check(input);
    std::string const image = check.required_text("image");
    auto const scale = static_cast<std::size_t>(check.integer("scale", 4, 1, 10));
    check.finish();
    std::string const painted = to_png(paint_waves(digest_text(image), 64 * scale, 64 * scale));
    return script().boot(10ms).run(20ms).file(painted, "image/png", "output.png");
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

// What their versions say of inputs and outputs: what the functions above read.
inline std::string language_schema()
{
    schema_writer schema;
    schema.text("prompt", "What to answer").integer("max_tokens", "The most pieces", 512, 1, 8192);
    schema.number("temperature", "How random the answer is", 0.7, 0, 5).text_stream_output();
    return std::move(schema).finish();
}

inline std::string image_schema(
    std::string_view choice, std::initializer_list<std::string_view> values, std::int64_t most_steps)
{
    schema_writer schema;
    schema.text("prompt", "What to paint");
    schema.integer("width", "In pixels", 512, 1, 1024).integer("height", "In pixels", 512, 1, 1024);
    schema.integer("num_outputs", "How many images", 1, 1, 4).integer("seed", "The same seed, the same image");
    schema.integer("num_inference_steps", "How many steps", 1, 1, most_steps);
    schema.choice(choice, "One of these", values).file_list_output();
    return std::move(schema).finish();
}

inline std::string enlarging_schema()
{
    schema_writer schema;
    schema.file("image", "What to enlarge").integer("scale", "How many times", 4, 1, 10).file_output();
    return std::move(schema).finish();
}

inline std::string hello_schema()
{
    schema_writer schema;
    schema.text("text", "Whom to greet").text_output();
    return std::move(schema).finish();
}

inline std::string waiting_schema(std::string_view description)
{
    schema_writer schema;
    schema.integer("milliseconds", description, 2000, 0, 3'600'000).text_output();
    return std::move(schema).finish();
}

inline void describe(model_registry& models, std::string const& name, std::string_view description,
    std::vector<std::string> tags, std::vector<json::object> examples = {})
{
    models.update(name, [&](model_card& card) {
        card.description = description;
        card.readme = "# " + card.short_name() + "\n\n" + card.description + ".\n";
        card.cover_image_url = "https://replicate.delivery/covers/" + card.short_name() + ".png";
        card.github_url = "https://github.com/" + name;
        card.tags = std::move(tags);
        card.examples = std::move(examples);
    });
}

inline void add_language_models(model_registry& models)
{
    std::string const llama = "meta/meta-llama-3-8b-instruct";
    models.add(llama, language_model);
    models.set_schema(llama, language_schema());
    describe(models, llama, "Answers a prompt, piece by piece", {"language", "chat", "streaming"},
        {json::object{{"prompt", "Tell me of llamas"}, {"max_tokens", 24}}});
    std::string const hello = "replicate/hello-world";
    models.add(hello, hello_world, false, "5c7d5dc6dd8bf75c1acaa8565735e7986bc5b66206b55cca93cb72c9bf15ccaa");
    models.set_schema(hello, hello_schema());
    describe(models, hello, "Greets", {"language", "example"},
        {json::object{{"text", "Alice"}}, json::object{{"text", "Bob"}}, json::object{{"text", "Carol"}}});
}

inline void add_image_models(model_registry& models)
{
    std::string const flux = "black-forest-labs/flux-schnell";
    json::object const example{{"prompt", "a llama on a hill"}, {"width", 64}, {"height", 64}};
    models.add(flux, flux_schnell);
    models.set_schema(flux, image_schema("output_format", {"png"}, 4));
    describe(models, flux, "Paints waves in the colours of its prompt, in few steps", {"image", "fast"}, {example});
    std::string const xl = "stability-ai/sdxl";
    models.add(xl, sdxl, false, "39ed52f2a78e934b3ba6e2a89f5b1c712de7dfea535525255b1aa35c5565e08b");
    models.set_schema(xl, image_schema("scheduler", {"K_EULER", "DDIM", "DPMSolverMultistep"}, 500));
    std::string const esrgan = "nightmareai/real-esrgan";
    models.add(esrgan, enlarging_model, false, "f121d640bd286e1fdc67f9799164c1d5be36ff74576ee11c803ae5b665dd46aa");
    models.set_schema(esrgan, enlarging_schema());
    describe(models, esrgan, "Paints a larger image in the place of another", {"image", "upscaling"});
    describe(models, xl, "Paints waves in the colours of its prompt", {"image", "trainable"}, {example});
}

// So many that a list of models has several pages.
inline void add_gallery(model_registry& models)
{
    for (int number = 1; number <= 60; ++number) {
        std::string const digits = (number < 10 ? "0" : "") + std::to_string(number);
        std::string const name = "gallery/sketch-" + digits;
        models.add(name, echo_model, false);
        describe(models, name, "Gives back what it gets, as sketch number " + digits, {"gallery"});
    }
}

/// The models that a server knows from the start.
inline void add_default_models(model_registry& models)
{
    add_gallery(models);
    add_language_models(models);
    add_image_models(models);
    models.add("test/fails", failing_model);
    models.add("test/slow", slow_model);
    models.set_schema("test/slow", waiting_schema("How long it runs"));
    models.add("test/cold-boot", cold_boot_model);
    models.set_schema("test/cold-boot", waiting_schema("How long it boots"));
    models.add("test/never-ends", endless_model);
    models.add("test/echo", echo_model);
    for (std::string_view const name : {"fails", "slow", "cold-boot", "never-ends", "echo"})
        describe(models, "test/" + std::string(name), "To test against: " + std::string(name), {"test"});
}

} // namespace replicate::testing::detail

#endif
