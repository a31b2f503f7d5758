// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Structs in and out: the input is written from a struct and held against the model's schema before anything is paid; the output
// is read into one.

#include "support/service.hpp"

#include <replicate.hpp>
#include <replicate/model_schema.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <boost/json/parse.hpp>

#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

namespace asio = boost::asio;

namespace example {

enum class format { plain, srt };
BOOST_DESCRIBE_ENUM(format, plain, srt)

struct recording {
    replicate::file_source audio;
    example::format transcription = example::format::plain;
    std::optional<std::string> language;
    std::optional<double> temperature;
};
BOOST_DESCRIBE_STRUCT(recording, (), (audio, transcription, language, temperature))

struct segment {
    double start = 0;
    double end = 0;
    std::string text;
};
BOOST_DESCRIBE_STRUCT(segment, (), (start, end, text))

struct transcript {
    std::string detected_language;
    std::vector<segment> segments;
    std::optional<std::string> translation;
};
BOOST_DESCRIBE_STRUCT(transcript, (), (detected_language, segments, translation))

} // namespace example

constexpr char const* model = "openai/whisper";

asio::awaitable<void> transcribe(replicate::client client)
{
    auto schema = co_await client.async_schema(model);
    std::cout << model << " takes:\n";
    for (auto const& field : schema.fields())
        std::cout << "  " << field.name << ": " << (field.is_file() ? "file" : field.type)
                  << (field.required ? ", required" : "") << '\n';

    example::recording spoken;
    spoken.audio = replicate::file_source::from_bytes("RIFF....WAVEfmt ", "hello.wav");
    spoken.temperature = 7;
    replicate::input input = replicate::input_from(spoken);
    for (auto const& violation : schema.validate(input))
        std::cout << "not sent: " << violation.pointer << ' ' << violation.text << '\n';

    spoken.temperature = 0.5;
    input = replicate::input_from(spoken);
    schema.throw_if_invalid(input);
    auto heard = co_await client.async_run<example::transcript>(model, input);
    std::cout << "heard, in " << heard.detected_language << ":\n";
    for (auto const& segment : heard.segments)
        std::cout << "  " << segment.start << " s: " << segment.text << '\n';
}

asio::awaitable<void> misread(replicate::client client)
{
    example::recording spoken;
    spoken.audio = replicate::file_source::from_bytes("RIFF....WAVEfmt ", "hello.wav");
    replicate::input input = replicate::input_from(spoken);
    try {
        auto numbers = co_await client.async_run<std::vector<int>>(model, input);
        std::cout << numbers.size() << " numbers\n";
    } catch (replicate::error const& failure) {
        // What was paid for is not lost.
        std::cout << failure.what() << '\n' << failure.diagnostics().prediction->output() << '\n';
    }
}

// What the local server has in the place of the model.
void add_whisper(replicate::testing::server& server)
{
    server.model(model, [](replicate::input const&) {
        return boost::json::parse(R"({"detected_language":"english","translation":null,
            "segments":[{"id":0,"start":0,"end":1.5,"text":"Hello,"},{"id":1,"start":1.5,"end":2,"text":"world!"}]})");
    });
    server.model_schema(model, boost::json::parse(R"({"components":{"schemas":{"Input":{"type":"object",
        "required":["audio"],"properties":{"audio":{"type":"string","format":"uri","x-order":0},
        "transcription":{"allOf":[{"$ref":"#/components/schemas/transcription"}],"default":"plain","x-order":1},
        "language":{"type":"string","x-order":2},
        "temperature":{"type":"number","minimum":0,"maximum":1,"default":0,"x-order":3}}},
        "transcription":{"type":"string","enum":["plain","srt"]},"Output":{"type":"object"}}}})").as_object());
}

int main()
{
    try {
        example::service service;
        if (auto* server = service.local())
            add_whisper(*server);
        asio::io_context context;
        replicate::client client(context);
        for (auto* work : {&transcribe, &misread})
            asio::co_spawn(context, work(client), [](std::exception_ptr failure) {
                if (failure)
                    std::rethrow_exception(failure);
            });
        context.run();
        return 0;
    } catch (std::exception const& failure) {
        std::cerr << failure.what() << '\n';
        return 1;
    }
}
