// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_SCRIPT_FAULTS_HPP
#define REPLICATE_IMPL_TESTING_SCRIPT_FAULTS_HPP

#include <replicate/impl/testing/script_members.hpp>
#include <replicate/testing/fault.hpp>
#include <replicate/testing/operation.hpp>
#include <replicate/testing/server.hpp>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace replicate::testing::detail {

template<class Words>
void read_status(script_members& members, Words& words)
{
    unsigned status = 0;
    std::string location;
    json::value body;
    json::object headers;
    bool const has_status = members.read("status", status);
    bool const moves = members.read("redirect", location);
    members.read("body", body);
    members.read("headers", headers);
    if (has_status && (status < 200 || status > 599))
        throw script_file_error(members.place_of("status"), "it must be a status from 200 to 599");
    std::vector<std::pair<std::string, std::string>> fields;
    for (json::key_value_pair const& each : headers)
        read_value(each.value(), members.place_of("headers"),
            fields.emplace_back(std::string(view(each.key())), std::string()).second);
    std::string const text = body.is_null() ? std::string()
        : body.is_string()                  ? std::string(view(json::string_view(body.get_string())))
                                            : json::serialize(body);
    if (moves)
        words.redirect(has_status ? status : 302, location);
    else if (has_status)
        words.status(status, text, std::move(fields));
}

inline void read_kind(script_members& members, fault& made)
{
    enum class word { drop_before, drop_after, reset_after, garbage, never_read, never_answer, stall, close_after };
    word chosen = word::garbage;
    bool const has_word = members.read("do", chosen,
        {"drop_before_request", "drop_after_request", "reset_after_request", "garbage", "never_read", "never_answer",
            "stall_handshake", "close_after_answer"});
    if (!has_word)
        return;
    switch (chosen) {
    case word::drop_before: made.drop_before_request(); break;
    case word::drop_after: made.drop_after_request(); break;
    case word::reset_after: made.reset_after_request(); break;
    case word::garbage: made.garbage(); break;
    case word::never_read: made.never_read(); break;
    case word::never_answer: made.never_answer(); break;
    case word::stall: made.stall_handshake(); break;
    case word::close_after: made.close_after_answer(); break;
    }
}

inline fault read_fault(script_members& members)
{
    fault made;
    script::duration delay{};
    std::size_t amount = 0;
    std::string bytes;
    if (members.read("delay", delay))
        made.delay(delay);
    read_status(members, made);
    if (members.read("cut_answer", amount))
        made.cut_answer(amount);
    if (members.read("drip", amount))
        made.drip(amount);
    if (members.read("raw", bytes))
        made.raw(bytes);
    read_kind(members, made);
    return made;
}

inline script_words operation_words()
{
    script_words words;
    for (int value = 0; value <= static_cast<int>(operation::other); ++value)
        words.push_back(to_string(static_cast<operation>(value)));
    return words;
}

inline void load_fault(server& target, json::value const& value, std::string const& place)
{
    script_members members(value, place);
    operation kind = operation::any;
    std::size_t times = 1;
    std::size_t nth = 0;
    bool always = false;
    members.read("for", kind, operation_words());
    bool const counted = members.read("times", times);
    bool const repeated = members.read("every", nth);
    members.read("always", always);
    if (counted + repeated + always > 1)
        throw script_file_error(place, "it must have one of times, every, always");
    if ((counted && times == 0) || (repeated && nth == 0))
        throw script_file_error(place, "times and every begin with 1");
    fault const made = read_fault(members);
    members.finish();
    if (repeated)
        target.every(nth, kind).use(made);
    else if (always)
        target.always(kind).use(made);
    else
        target.next(kind).use(made).times(times);
}

} // namespace replicate::testing::detail

#endif
