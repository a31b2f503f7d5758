// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// A Replicate of one's own for clients in any language: `local_server --help`.

#include <replicate/testing/script_file.hpp>
#include <replicate/testing/server.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <charconv>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace testing = replicate::testing;

namespace {

constexpr char const* help = R"(local_server: the Replicate HTTP API on this machine, with scripted models and faults

  --port N         the port of the API on 127.0.0.1; 0, the default: any that is free
  --limits LIST    requests a minute, as in create=600,get=60000,other=3000; what is not named has no limit
  --token TOKEN    the token that is accepted; default: a fresh one
  --script FILE    models and faults, as JSON; see below
  --help           this text

When it is ready it prints one line of JSON:

  {"api": "https://127.0.0.1:PORT/v1", "ca": "FILE", "token": "...", "delivery": "https://127.0.0.1:PORT",
   "stream": "https://127.0.0.1:PORT", "webhook_secret": "whsec_..."}

"ca" is the certificate to trust; the file is removed at the end. GET /_/counts on the port of the API tells what the
server has seen; it needs no token. SIGTERM and SIGINT end the program, with 0. Exit code 2: wrong arguments, wrong script.

It knows these models: meta/meta-llama-3-8b-instruct, black-forest-labs/flux-schnell, stability-ai/sdxl,
replicate/hello-world, test/fails, test/slow, test/cold-boot, test/never-ends, test/echo.

A script (times are milliseconds; every member may be left out):

  {
    "models": {
      "acme/llm": {
        "required": ["prompt"],
        "boot": 200,
        "steps": [{"log": "loading"}, {"run": 100}, {"pieces": ["Hello", " world"], "each": 50}],
        "metrics": {"output_token_count": 2}
      },
      "acme/image": {"files": [{"name": "out.png", "type": "image/png", "base64": "iVBORw0KGgo="}]},
      "acme/broken": {"steps": [{"run": 20}], "fail": "out of memory"}
    },
    "deployments": {"acme/production": "acme/llm"},
    "faults": [
      {"for": "create", "times": 2, "status": 503},
      {"for": "get", "every": 3, "delay": 500},
      {"for": "download", "always": true, "do": "reset_after_request"}
    ],
    "streams": [{"next": 1, "cut_after_events": 1, "cut": "reset"}, {"close_after_done": true}],
    "deliveries": [{"next": 3, "cut_after_bytes": 1000}],
    "webhooks": {"throttle": 0, "duplicated": true},
    "links": {"output": "https://127.0.0.1:9999"}
  }

  models      required (inputs without these are refused), boot, steps, output (any JSON) or files or fail (the error) or
              abort: true or never_ends: true; stream (automatic, none, text, files), metrics, schema (openapi_schema).
              A step is log, run, piece (any JSON) or pieces (texts, with each before every one).
              A file has name, type and one of text, base64, path, size (so many zero bytes).
  faults      for (any, connection, create, get, list, cancel, model, file_create, file, training_create, training,
              deployment, catalog, download, stream, other), times or every or always, then delay, status (with body and
              headers), redirect (a URL), cut_answer, drip, raw, or do: drop_before_request, drop_after_request,
              reset_after_request, garbage, never_read, never_answer, stall_handshake, close_after_answer.
  streams     framing (chunked, connection_close), lines (line_feed, carriage_return_line_feed, carriage_return),
              event_ids, idle_timeout, close_after_done, resumes, json_errors, data_uris, cut_after_events,
              cut_after_bytes, cut (complete, close, reset), stall_after_events, byte_by_byte, comments, huge_event,
              invalid_utf8, content_type, status, body, needs_token, needs_accept; next: N for the next N only.
  deliveries  needs_token, fails_with_token, lifetime, expired_status, status, redirect_to, redirect_status, ranges,
              validators, changing_etag, length (right, absent, too_long, too_short), cut_after_bytes, reset,
              content_type; next: N for the next N only.
  webhooks    sent, throttle, delay, duplicated, reordered, wrong_signature, age, timeout, retries, first_pause.
  links       get, cancel, stream, output: other origins for the links of predictions.
)";

class wrong_use : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

template<class Number>
Number parse_number(std::string_view text, std::string const& what)
{
    Number number = 0;
    auto const parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || parsed.ec != std::errc() || parsed.ptr != text.data() + text.size())
        throw wrong_use(what + ": '" + std::string(text) + "' is not a number that fits");
    return number;
}

class arguments {
public:
    testing::server_options options;
    std::string script;
    bool help_wanted = false;

    explicit arguments(std::vector<std::string> const& words)
    {
        for (auto word = words.begin(); word != words.end(); ++word) {
            if (*word == "--help") {
                help_wanted = true;
                continue;
            }
            std::string const name = *word;
            if (name != "--port" && name != "--limits" && name != "--token" && name != "--script")
                throw wrong_use("'" + name + "' is no option; see --help");
            if (++word == words.end())
                throw wrong_use(name + " needs a value");
            take(name, *word);
        }
    }

private:
    void take(std::string const& name, std::string const& value)
    {
        if (name == "--port")
            options.port = parse_number<std::uint16_t>(value, name);
        else if (name == "--token")
            options.token = value;
        else if (name == "--script")
            script = value;
        else
            take_limits(value);
    }

    void take_limits(std::string_view list)
    {
        while (!list.empty()) {
            std::string_view const limit = list.substr(0, list.find(','));
            list.remove_prefix(limit.size() < list.size() ? limit.size() + 1 : limit.size());
            std::string_view const name = limit.substr(0, limit.find('='));
            if (name.size() == limit.size())
                throw wrong_use("--limits: '" + std::string(limit) + "' is not NAME=NUMBER");
            auto const number = parse_number<std::size_t>(limit.substr(name.size() + 1), "--limits");
            if (name == "create")
                options.rates.creates_per_minute = number;
            else if (name == "get")
                options.rates.gets_per_minute = number;
            else if (name == "other")
                options.rates.others_per_minute = number;
            else
                throw wrong_use("--limits: '" + std::string(name) + "' is none of create, get, other");
        }
    }
};

// A file that is there as long as the program runs.
class temporary_file {
public:
    explicit temporary_file(std::string const& content)
        : path_((std::filesystem::temp_directory_path() / "replicate-local-server-XXXXXX").string())
    {
        int const descriptor = ::mkstemp(path_.data());
        if (descriptor < 0)
            throw std::runtime_error("cannot make a file in " + std::filesystem::temp_directory_path().string());
        ::close(descriptor);
        std::ofstream(path_) << content;
    }

    ~temporary_file() { ::unlink(path_.c_str()); }

    temporary_file(temporary_file const&) = delete;
    temporary_file& operator=(temporary_file const&) = delete;

    std::string const& path() const noexcept { return path_; }

private:
    std::string path_;
};

void load(testing::server& server, std::string const& path)
{
    std::ifstream file(path, std::ios::binary);
    if (!file)
        throw wrong_use("the script " + path + " cannot be read");
    std::string const text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    try {
        testing::load_script(server, text);
    } catch (testing::script_file_error const& mistake) {
        throw wrong_use(path + ": " + mistake.what());
    }
}

void serve(arguments const& chosen)
{
    // Before anybody can send one.
    boost::asio::io_context context;
    boost::asio::signal_set signals(context, SIGTERM, SIGINT);
    signals.async_wait([](boost::system::error_code, int) {});

    testing::server server(chosen.options);
    if (!chosen.script.empty())
        load(server, chosen.script);
    temporary_file const authority(server.certificate_authority());
    boost::json::object ready;
    ready["api"] = server.base_url();
    ready["ca"] = authority.path();
    ready["token"] = server.token();
    ready["delivery"] = server.delivery_url();
    ready["stream"] = server.stream_url();
    ready["webhook_secret"] = server.webhook_secret();
    std::cout << boost::json::serialize(ready) << std::endl;
    context.run();
}

} // namespace

int main(int count, char** words)
{
    try {
        arguments const chosen(std::vector<std::string>(words + 1, words + count));
        if (chosen.help_wanted)
            std::cout << help;
        else
            serve(chosen);
    } catch (wrong_use const& mistake) {
        std::cerr << "local_server: " << mistake.what() << '\n';
        return 2;
    } catch (std::exception const& failure) {
        std::cerr << "local_server: " << failure.what() << '\n';
        return 1;
    }
}
