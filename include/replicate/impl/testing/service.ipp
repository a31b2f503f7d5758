// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_SERVICE_IPP
#define REPLICATE_IMPL_TESTING_SERVICE_IPP

#include <replicate/core/data_uri.hpp>
#include <replicate/core/sha256.hpp>
#include <replicate/detail/config.hpp>
#include <replicate/impl/testing/prediction_text.hpp>
#include <replicate/impl/testing/service.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate::testing::detail {

inline bool is_scheme(std::string_view text, std::string_view lower_case_scheme) noexcept
{
    if (text.size() <= lower_case_scheme.size() || text[lower_case_scheme.size()] != ' ')
        return false;
    for (std::size_t i = 0; i < lower_case_scheme.size(); ++i)
        if ((text[i] | 0x20) != lower_case_scheme[i])
            return false;
    return true;
}

// `Token` still stands in a few samples of the service's documentation.
REPLICATE_DECL bool service::knows_token(recorded_request const& request) const
{
    std::string_view const header = request.header("authorization");
    for (std::string_view scheme : {"bearer", "token"})
        if (is_scheme(header, scheme) && header.substr(scheme.size() + 1) == options.token)
            return true;
    return false;
}

REPLICATE_DECL std::optional<reply> service::authorize(recorded_request const& request) const
{
    if (request.header("authorization").empty())
        return problem(401, "Unauthenticated", "You did not pass an authentication token");
    if (knows_token(request))
        return std::nullopt;
    return problem(401, "Unauthenticated", "You did not pass a valid authentication token");
}

// Empty where the pattern does not fit.
inline bool fits(
    std::string_view pattern, std::vector<std::string_view> const& segments, std::vector<std::string>& arguments)
{
    arguments.clear();
    for (std::string_view const segment : segments) {
        if (pattern.empty())
            return false;
        pattern.remove_prefix(1);
        std::string_view const expected = pattern.substr(0, pattern.find('/'));
        pattern.remove_prefix(expected.size());
        if (expected == "{}" && !segment.empty())
            arguments.push_back(percent_decode(segment));
        else if (expected != segment)
            return false;
    }
    return pattern.empty();
}

REPLICATE_DECL route_match service::match(recorded_request const& request) const
{
    route_match matched;
    std::string_view path = request.path();
    if (!path.starts_with(options.base_path))
        return matched;
    path.remove_prefix(options.base_path.size());
    if (path.empty() || path.front() != '/')
        return matched;
    auto const segments = split_path(path);
    std::vector<std::string> arguments;
    for (route const& row : routes_) {
        if (!fits(row.pattern, segments, arguments))
            continue;
        if (row.method == request.method) {
            matched.found = &row;
            matched.arguments = std::move(arguments);
            return matched;
        }
        matched.allowed_methods += (matched.allowed_methods.empty() ? "" : ", ") + std::string(row.method);
    }
    return matched;
}

REPLICATE_DECL outcome service::answer(recorded_request& request, route_match const& matched, moment now)
{
    if (recorded.active()) {
        auto replayed = recorded.take(request.method, request.path());
        outcome result(replayed ? std::move(*replayed) : not_found());
        result.unmatched_replay = !replayed;
        return result;
    }
    outcome result = serve(request, matched, now);
    auto& headers = result.held ? result.held->headers : result.answer.headers;
    headers.emplace_back("cf-ray", rays_.hexadecimal(16) + "-LCL");
    return result;
}

REPLICATE_DECL outcome service::serve(recorded_request& request, route_match const& matched, moment now)
{
    bool const guarded = matched.found == nullptr || matched.found->guarded;
    if (auto refusal = guarded ? authorize(request) : std::nullopt)
        return outcome(std::move(*refusal));
    settle(now);
    if (matched.found == nullptr && matched.allowed_methods.empty())
        return outcome(not_found());
    if (matched.found == nullptr) {
        reply refusal = problem(405, "", "Method \"" + request.method + "\" not allowed.");
        refusal.header("allow", matched.allowed_methods);
        return outcome(std::move(refusal));
    }
    auto admission = rates.admit(matched.found->counted_against, now.steady);
    if (admission.refusal) {
        admission.refusal->headers.insert(
            admission.refusal->headers.end(), admission.headers.begin(), admission.headers.end());
        return outcome(std::move(*admission.refusal));
    }
    outcome result = matched.found->handler(*this, call(request, matched.arguments, now));
    auto& headers = result.held ? result.held->headers : result.answer.headers;
    headers.insert(headers.end(), admission.headers.begin(), admission.headers.end());
    return result;
}

REPLICATE_DECL std::string service::describe(prediction_record const& record, back_end shape, moment now) const
{
    snapshot seen = record.at(now.steady);
    replace_marks(seen.output, record.file_urls);
    prediction_text const text(record, std::move(seen), base_url);
    return shape == back_end::web_application ? text.web_application() : text.gateway(options.older_members);
}

REPLICATE_DECL std::string service::cancel(std::string_view id, moment now)
{
    std::string ended;
    predictions.update(id, [&](prediction_record& changed) {
        if (is_terminal(changed.at(now.steady).status))
            return;
        changed.ended = early_end(now.steady - changed.created.steady, early_end::reason::cancel);
        ended = changed.id;
    });
    return ended;
}

REPLICATE_DECL void service::remove_data(std::string_view id)
{
    auto const changed = predictions.update(id, [](prediction_record& record) { record.data_removed = true; });
    if (!changed)
        return;
    for (std::string const& url : changed->file_urls)
        files.remove(url.substr(url.find('/', url.find("://") + 3)));
}

REPLICATE_DECL void service::plan(
    std::chrono::steady_clock::time_point when, std::function<void(service&, moment)> what)
{
    std::lock_guard const lock(plans_mutex_);
    plans_.emplace(when, std::move(what));
}

inline input_file make_input_file(std::string name, std::string type, std::shared_ptr<std::string const> bytes)
{
    std::string digest = core::hex(core::sha256(*bytes));
    std::string_view const all = *bytes;
    return input_file(std::move(name), std::move(type), std::move(digest), std::move(bytes), all);
}

REPLICATE_DECL std::optional<input_file> service::open_input(std::string_view url, moment now) const
{
    std::string const uploaded = base_url + "/files/";
    if (url.starts_with(uploaded)) {
        auto const file = uploads.find(percent_decode(url.substr(uploaded.size())), now.system);
        if (!file)
            return std::nullopt;
        return input_file(file->name, file->content_type, file->sha256, file, file->content());
    }
    if (url.starts_with("data:")) {
        std::string_view const type = url.substr(5, std::min(url.find(','), url.find(';')) - 5);
        return make_input_file(
            "", std::string(type), std::make_shared<std::string const>(core::decode_data_uri(url)));
    }
    if (!url.starts_with(delivery_url + '/'))
        return std::nullopt;
    auto const file = files.find(std::string(url.substr(delivery_url.size())));
    if (!file)
        return std::nullopt;
    return make_input_file(file->name, file->content_type, file->shared_bytes ? file->shared_bytes : std::make_shared<std::string const>(file->bytes));
}

// What is done may plan more, so that nothing is locked meanwhile.
REPLICATE_DECL void service::settle(moment now)
{
    std::unique_lock lock(plans_mutex_);
    while (!plans_.empty() && plans_.begin()->first <= now.steady) {
        auto const due = plans_.extract(plans_.begin());
        lock.unlock();
        due.mapped()(*this, now);
        lock.lock();
    }
}

inline std::vector<std::string> data_uris(prediction_record const& record)
{
    std::vector<std::string> uris;
    for (auto const& file : record.life.files())
        uris.push_back(data_uri(*file));
    return uris;
}

// A sync answer is written before the record is finished: see http-api 2.7.
REPLICATE_DECL reply service::finish_hold(hold const& waiting, moment now) const
{
    auto const record = predictions.find(waiting.id);
    snapshot seen = record->at(now.steady);
    bool const ended = is_terminal(seen.status);
    unsigned status = 201;
    if (!ended && options.sync_timeout == sync_timeout::processing)
        status = 202;
    if (!ended) {
        seen = snapshot();
        seen.status = status == 202 ? prediction_status::processing : prediction_status::starting;
    } else if (seen.status == prediction_status::succeeded
        && options.sync_answer == sync_answer::processing_with_output) {
        snapshot recorded_shape;
        recorded_shape.status = prediction_status::processing;
        recorded_shape.output = std::move(seen.output);
        seen = std::move(recorded_shape);
    }
    replace_marks(seen.output, options.data_uri_outputs ? data_uris(*record) : record->file_urls);
    reply made(status, prediction_text(*record, std::move(seen), base_url).gateway(options.older_members));
    made.headers = waiting.headers;
    if (!ended && options.sync_location)
        made.header("location", base_url + "/predictions/" + record->id);
    return made;
}

} // namespace replicate::testing::detail

#endif
