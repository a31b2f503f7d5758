// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTING_FAULT_HPP
#define REPLICATE_TESTING_FAULT_HPP

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace replicate::testing {

/// What a fault consists of; made by the words of `fault`.
class fault_description {
public:
    /// What goes wrong.
    enum class kind {
        /// Nothing but the delay.
        none,
        /// The answer is another one; the request is not carried out.
        status,
        /// The connection ends before the request is read: its header was seen, its body was not.
        drop_before_request,
        /// The connection ends after the whole request was read, without an answer.
        drop_after_request,
        /// As before, with a TCP reset.
        reset_after_request,
        /// The answer ends after some bytes, and the connection with it.
        cut_answer,
        /// Other bytes stand in for the answer, then the connection ends.
        raw,
        /// The answer comes slowly.
        drip,
        /// The body of the request is never read and no answer comes.
        never_read,
        /// The request is read and no answer comes.
        never_answer,
        /// The TLS handshake is never answered.
        stall_handshake,
        /// The answer says keep-alive, but the connection ends after it.
        close_after_answer
    };

    /// What goes wrong.
    kind what = kind::none;
    /// Passes first, after the request was read.
    std::chrono::steady_clock::duration wait{};
    /// For `status`: the status of the answer.
    unsigned answer_status = 0;
    /// For `status`: its body. For `raw`: all of what is sent.
    std::string bytes;
    /// For `status`: its headers; a Content-Type of `application/json` is added where there is none.
    std::vector<std::pair<std::string, std::string>> headers;
    /// For `cut_answer`: how many bytes of the answer (status line included) are sent; for `drip`: how many a second.
    std::size_t amount = 0;
    /// Whether the request is carried out nevertheless.
    bool carried_out = true;

    /// Nothing wrong.
    fault_description() = default;
};

/// The words for faults: `fault` and `fault_point` have them all. Each returns the object, so that they chain; a second
/// word for what goes wrong replaces the first one.
template<class Derived>
class fault_words {
public:
    /// Waits, after the request was read and before anything else is done with it.
    Derived& delay(std::chrono::steady_clock::duration time)
    {
        return change([&](fault_description& described) { described.wait = time; });
    }

    /// Answers with this status instead of carrying the request out. An empty body stands for a problem document.
    Derived& status(unsigned code, std::string body = {}, std::vector<std::pair<std::string, std::string>> headers = {})
    {
        return change([&](fault_description& described) {
            set(described, fault_description::kind::status, false);
            described.answer_status = code;
            described.bytes = std::move(body);
            described.headers = std::move(headers);
        });
    }

    /// Sends the client elsewhere instead of carrying the request out: 301, 302, 303, 307 or 308, and where to.
    Derived& redirect(unsigned code, std::string location)
    {
        std::vector<std::pair<std::string, std::string>> headers;
        headers.emplace_back("location", std::move(location));
        return status(code, std::string(), std::move(headers));
    }

    /// Ends the connection when the header of the request has been read; for a connection, at the accept.
    Derived& drop_before_request()
    {
        return change(
            [](fault_description& described) { set(described, fault_description::kind::drop_before_request, false); });
    }

    /// Carries the request out, then ends the connection instead of answering.
    Derived& drop_after_request()
    {
        return change(
            [](fault_description& described) { set(described, fault_description::kind::drop_after_request, true); });
    }

    /// Carries the request out, then resets the TCP connection instead of answering.
    Derived& reset_after_request()
    {
        return change(
            [](fault_description& described) { set(described, fault_description::kind::reset_after_request, true); });
    }

    /// The request is carried out although its answer is another one; said after the word that it belongs to.
    Derived& carried_out()
    {
        return change([](fault_description& described) { described.carried_out = true; });
    }

    /// The request is read, but not carried out; said after the word that it belongs to.
    Derived& not_carried_out()
    {
        return change([](fault_description& described) { described.carried_out = false; });
    }

    /// Sends so many bytes of the answer, counted from its status line, then ends the connection.
    Derived& cut_answer(std::size_t bytes)
    {
        return change([&](fault_description& described) {
            set(described, fault_description::kind::cut_answer, true).amount = bytes;
        });
    }

    /// Sends these bytes instead of an answer, then ends the connection. For a connection they are sent without TLS.
    Derived& raw(std::string bytes)
    {
        return change([&](fault_description& described) {
            set(described, fault_description::kind::raw, true).bytes = std::move(bytes);
        });
    }

    /// Sends bytes that are not HTTP instead of an answer, then ends the connection.
    Derived& garbage() { return raw("\x16\x03 this is not the protocol you are looking for \r\n\r\n"); }

    /// Sends the answer at so many bytes a second, one by one.
    Derived& drip(std::size_t bytes_per_second)
    {
        return change([&](fault_description& described) {
            set(described, fault_description::kind::drip, true).amount = bytes_per_second;
        });
    }

    /// Reads nothing beyond the header and never answers.
    Derived& never_read()
    {
        return change([](fault_description& described) { set(described, fault_description::kind::never_read, false); });
    }

    /// Reads and carries out the request and never answers.
    Derived& never_answer()
    {
        return change(
            [](fault_description& described) { set(described, fault_description::kind::never_answer, true); });
    }

    /// Never answers the TLS handshake; for `operation::connection`.
    Derived& stall_handshake()
    {
        return change(
            [](fault_description& described) { set(described, fault_description::kind::stall_handshake, false); });
    }

    /// Answers as if the connection were kept, and closes it.
    Derived& close_after_answer()
    {
        return change(
            [](fault_description& described) { set(described, fault_description::kind::close_after_answer, true); });
    }

private:
    static fault_description& set(fault_description& described, fault_description::kind what, bool carried_out)
    {
        described.what = what;
        described.carried_out = carried_out;
        return described;
    }

    template<class Change>
    Derived& change(Change change_fault)
    {
        auto& self = static_cast<Derived&>(*this);
        self.apply(change_fault);
        return self;
    }
};

/// One thing that goes wrong, or several that go together: `fault().delay(2s).status(503)`. A plain value.
///
/// For requests it is chosen when the header of the request has been read. A fault for `operation::connection` acts
/// before the TLS handshake: the kinds that drop or reset do so at the accept, `raw` answers without TLS,
/// `never_answer` and `stall_handshake` leave the handshake unanswered, `never_read` completes it and then reads
/// nothing, `delay` waits before it; the others do nothing there.
class fault : public fault_words<fault> {
public:
    /// Nothing wrong.
    fault() = default;

    /// What it consists of.
    fault_description const& description() const noexcept { return description_; }

private:
    friend class fault_words<fault>;

    template<class Change>
    void apply(Change const& change_fault)
    {
        change_fault(description_);
    }

    fault_description description_;
};

} // namespace replicate::testing

#endif
