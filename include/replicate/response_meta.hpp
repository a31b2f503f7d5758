// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_RESPONSE_META_HPP
#define REPLICATE_RESPONSE_META_HPP

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace replicate {

/// What came with an answer, besides what it says. A plain value. Of an operation whose answer has no body (a deletion) it is
/// the whole result.
class response_meta {
public:
    /// The status, 200 to 299; 0 where nothing was received.
    unsigned status = 0;
    /// How many more requests of this kind the service takes until `rate_limit_reset` has passed; nothing where it did not say.
    std::optional<std::uint64_t> rate_limit_remaining;
    /// How long until the service counts anew; nothing where it did not say.
    std::optional<std::chrono::seconds> rate_limit_reset;
    /// The id that a support request to Replicate should name (the header `cf-ray`); often empty.
    std::string request_id;
    /// How many times the request was sent, this answer's included; 1 where nothing went wrong.
    unsigned attempts = 0;
    /// From the beginning of the call to this answer, repetitions and queueing included.
    std::chrono::steady_clock::duration elapsed{};
    /// When the service answered, by its own clock.
    std::optional<std::chrono::system_clock::time_point> server_date;

    /// Of no answer.
    response_meta() = default;
};

namespace detail {

inline response_meta const no_meta;

} // namespace detail

/// What all that comes out of an answer has in common.
class answered {
public:
    /// What came with the answer. Parts of a greater answer (what is on a page, the models of a collection) have none of
    /// their own: ask the page.
    response_meta const& meta() const noexcept { return meta_ ? *meta_ : detail::no_meta; }

    /// Says what came with the answer; done by the client. Copies made before do not change.
    void set_meta(response_meta meta) { meta_ = std::make_shared<response_meta const>(std::move(meta)); }

protected:
    answered() = default;

private:
    // Shared: a result is copied more often than anybody asks for this.
    std::shared_ptr<response_meta const> meta_;
};

} // namespace replicate

#endif
