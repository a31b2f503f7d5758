// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_SCRIPT_FILE_IPP
#define REPLICATE_IMPL_TESTING_SCRIPT_FILE_IPP

#include <replicate/core/base64.hpp>
#include <replicate/detail/config.hpp>
#include <replicate/impl/testing/script_faults.hpp>
#include <replicate/impl/testing/script_members.hpp>
#include <replicate/impl/testing/script_options.hpp>
#include <replicate/testing/script_file.hpp>

#include <boost/json/parser.hpp>

#include <chrono>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace replicate::testing::detail {

inline void read_step(json::value const& value, std::string const& place, script& life)
{
    script_members members(value, place);
    std::string line;
    script::duration time{};
    json::value piece;
    std::vector<std::string> pieces;
    bool const logs = members.read("log", line);
    bool const runs = members.read("run", time);
    bool const has_piece = members.read("piece", piece);
    bool const has_pieces = members.read("pieces", pieces);
    if (logs + runs + has_piece + has_pieces != 1)
        throw script_file_error(place, "it must have one of log, run, piece, pieces");
    if (has_pieces)
        members.read("each", time);
    members.finish();
    if (logs)
        life.log(line);
    else if (has_pieces)
        life.text_pieces(pieces, time);
    else if (has_piece)
        life.piece(std::move(piece));
    else
        life.run(time);
}

inline std::string read_bytes(std::string const& path, std::string const& place)
{
    std::ifstream file(path, std::ios::binary);
    if (!file)
        throw script_file_error(place, "the file " + path + " cannot be read");
    return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

inline output_file read_file(json::value const& value, std::string const& place)
{
    script_members members(value, place);
    output_file made;
    std::string content;
    std::size_t size = 0;
    members.read("name", made.name);
    members.read("type", made.content_type);
    std::size_t contents = 0;
    if (members.read("text", content))
        ++contents;
    if (members.read("base64", content)) {
        ++contents;
        auto decoded = core::base64_decode(content);
        if (!decoded)
            throw script_file_error(place + ".base64", "it is not base64");
        content = std::move(*decoded);
    }
    if (members.read("path", content)) {
        ++contents;
        content = read_bytes(content, place + ".path");
    }
    if (members.read("size", size)) {
        ++contents;
        content.assign(size, '\0');
    }
    if (contents != 1)
        throw script_file_error(place, "it must have one of text, base64, path, size");
    members.finish();
    made.shared_bytes = std::make_shared<std::string const>(std::move(content));
    return made;
}

inline void read_files(json::value const& value, std::string const& place, script& life)
{
    std::vector<output_file> files;
    for (json::value const& each : array_of(value, place))
        files.push_back(read_file(each, place + '[' + std::to_string(files.size()) + ']'));
    if (files.size() == 1)
        life.file(std::move(files.front()));
    else
        life.file_list(std::move(files));
}

inline void read_ending(script_members& members, script& life)
{
    std::string failure;
    json::value output;
    bool aborts = false;
    bool endless = false;
    if (members.read("output", output))
        life.output(std::move(output));
    if (json::value const* const files = members.find("files"))
        read_files(*files, members.place_of("files"), life);
    if (members.read("fail", failure))
        life.fail(failure);
    members.read("abort", aborts);
    members.read("never_ends", endless);
    if (aborts)
        life.abort();
    if (endless)
        life.never_ends();
}

inline script read_life(script_members& members)
{
    script life;
    script::duration boot{};
    members.read("boot", boot);
    life.boot(boot);
    if (json::value const* const steps = members.find("steps")) {
        std::size_t number = 0;
        for (json::value const& each : array_of(*steps, members.place_of("steps")))
            read_step(each, members.place_of("steps") + '[' + std::to_string(number++) + ']', life);
    }
    read_ending(members, life);
    script::stream_kind kind = script::stream_kind::automatic;
    members.read("stream", kind, {"automatic", "none", "text", "files"});
    life.streams(kind);
    json::object metrics;
    members.read("metrics", metrics);
    for (json::key_value_pair const& each : metrics)
        life.metric(view(each.key()), each.value());
    return life;
}

inline void load_model(server& target, std::string_view name, json::value const& value, std::string const& place)
{
    script_members members(value, place);
    std::vector<std::string> required;
    json::object schema;
    members.read("required", required);
    bool const has_schema = members.read("schema", schema);
    script const life = read_life(members);
    members.finish();
    target.model(name, [life, required](replicate::input const& input) {
        for (std::string const& member : required)
            if (!input.object().contains(view(std::string_view(member))))
                throw invalid_input::missing(member);
        return life;
    });
    if (has_schema)
        target.model_schema(name, schema);
}

inline void load_links(server& target, json::value const& value, std::string const& place)
{
    script_members members(value, place);
    constexpr std::string_view names[] = {"get", "cancel", "stream", "output"};
    std::string origin;
    for (std::size_t which = 0; which < std::size(names); ++which)
        if (members.read(names[which], origin))
            target.point(static_cast<prediction_link>(which), origin);
    members.finish();
}

// Each element of a list, with the place where it stands.
template<class Load>
void load_list(script_members& members, std::string_view name, Load const& load)
{
    json::value const* const list = members.find(name);
    if (list == nullptr)
        return;
    std::size_t number = 0;
    for (json::value const& each : array_of(*list, members.place_of(name)))
        load(each, members.place_of(name) + '[' + std::to_string(number++) + ']');
}

// Each member of an object.
template<class Load>
void load_map(script_members& members, std::string_view name, Load const& load)
{
    json::object map;
    members.read(name, map);
    for (json::key_value_pair const& each : map)
        load(view(each.key()), each.value(), members.place_of(name) + "[\"" + std::string(view(each.key())) + "\"]");
}

inline void load_stream(server& target, json::value const& value, std::string const& place)
{
    script_members members(value, place);
    std::size_t count = 0;
    bool const limited = members.read("next", count);
    stream_options chosen = read_stream_options(members);
    members.finish();
    if (limited)
        target.next_stream(std::move(chosen), count);
    else
        target.every_stream(std::move(chosen));
}

inline void load_delivery(server& target, json::value const& value, std::string const& place)
{
    script_members members(value, place);
    std::size_t count = 0;
    bool const limited = members.read("next", count);
    delivery_options chosen = read_delivery_options(members);
    members.finish();
    if (limited)
        target.next_delivery(std::move(chosen), count);
    else
        target.every_delivery(std::move(chosen));
}

} // namespace replicate::testing::detail

namespace replicate::testing {

REPLICATE_DECL script read_script(json::value const& model, std::string const& place)
{
    detail::script_members members(model, place);
    script life = detail::read_life(members);
    members.finish();
    return life;
}

REPLICATE_DECL void load_script(server& target, std::string_view text)
{
    json::error_code failure;
    json::parser parser(json::storage_ptr(), detail::deep_json());
    std::size_t const read = parser.write_some(text.data(), text.size(), failure);
    if (failure || text.find_first_not_of(" \t\r\n", read) != std::string_view::npos)
        throw script_file_error(
            "byte " + std::to_string(read), "it is not JSON" + (failure ? ": " + failure.message() : ""));
    json::value const document = parser.release();
    detail::script_members members(document, "script");
    detail::load_map(members, "models", [&](std::string_view name, json::value const& value, std::string const& place) {
        if (name.find('/') == std::string_view::npos)
            throw script_file_error(place, "the name of a model is owner/name");
        detail::load_model(target, name, value, place);
    });
    detail::load_map(
        members, "deployments", [&](std::string_view name, json::value const& value, std::string const& place) {
            std::string model;
            detail::read_value(value, place, model);
            if (target.version(model).empty())
                throw script_file_error(place, "there is no model " + model);
            target.deployment(name, model);
        });
    detail::load_list(
        members, "faults", [&](auto const& value, auto const& place) { detail::load_fault(target, value, place); });
    detail::load_list(
        members, "streams", [&](auto const& value, auto const& place) { detail::load_stream(target, value, place); });
    detail::load_list(members, "deliveries",
        [&](auto const& value, auto const& place) { detail::load_delivery(target, value, place); });
    if (json::value const* const webhooks = members.find("webhooks"))
        target.webhooks(detail::read_webhook_options(*webhooks, "script.webhooks"));
    if (json::value const* const links = members.find("links"))
        detail::load_links(target, *links, "script.links");
    members.finish();
}

} // namespace replicate::testing

#endif
