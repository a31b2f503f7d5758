// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IO_ADMISSION_HPP
#define REPLICATE_IO_ADMISSION_HPP

#include <replicate/core/admission_queue.hpp>
#include <replicate/core/rate_answer.hpp>
#include <replicate/problem.hpp>

#include <boost/system/error_code.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace replicate::io {

class scheduler;

/// The right to send one request of a bucket. One that is not used goes back; one that is used, and whose answer is not
/// learned, counts as sent without an answer. Move-only.
class rate_token {
public:
    /// None.
    rate_token() = default;
    rate_token(std::shared_ptr<scheduler> issuer, core::rate_bucket bucket, core::rate_ticket ticket)
        : issuer_(std::move(issuer))
        , bucket_(bucket)
        , ticket_(ticket)
    {
    }
    rate_token(rate_token&&) = default;
    rate_token& operator=(rate_token&& other) noexcept
    {
        let_go();
        issuer_ = std::move(other.issuer_);
        bucket_ = other.bucket_;
        ticket_ = other.ticket_;
        sent_ = other.sent_;
        return *this;
    }
    ~rate_token() { let_go(); }

    /// Whether it is one.
    explicit operator bool() const noexcept { return issuer_ != nullptr; }

    /// The first byte of its request is about to leave.
    void on_sending() noexcept
    {
        sent_ = true;
        ticket_.at = std::chrono::steady_clock::now();
    }

    /// Its request was answered; `told` is what the answer says where it is a refusal.
    void learn(core::response const& answer, core::retry_after wish, problem const& told);

private:
    void let_go() noexcept;

    std::shared_ptr<scheduler> issuer_;
    core::rate_bucket bucket_ = core::rate_bucket::other;
    core::rate_ticket ticket_;
    bool sent_ = false;
};

/// A place among the predictions in flight, or none. Going out of scope gives it back. Move-only.
class permit {
public:
    /// None.
    permit() = default;
    permit(std::shared_ptr<scheduler> issuer, core::admission_place place)
        : issuer_(std::move(issuer))
        , place_(place)
    {
    }
    permit(permit&&) = default;
    permit& operator=(permit&& other) noexcept
    {
        let_go();
        issuer_ = std::move(other.issuer_);
        place_ = other.place_;
        return *this;
    }
    ~permit() { let_go(); }

    /// Whether it is one.
    explicit operator bool() const noexcept { return issuer_ != nullptr; }

private:
    void let_go() noexcept;

    std::shared_ptr<scheduler> issuer_;
    core::admission_place place_ = nullptr;
};

/// What one wants who asks a `scheduler`.
class admission_wish {
public:
    /// Whose request it is.
    core::rate_bucket bucket = core::rate_bucket::other;
    /// What for.
    core::admission_kind kind = core::admission_kind::request;
    /// Before whom it goes.
    replicate::priority priority = replicate::priority::interactive;
    /// With whom it takes turns.
    std::string group;
    /// What it creates with.
    std::string model;
    /// When its time is up.
    std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
    /// Who asks sees to it himself that not too many wait: it is never turned away because of those that do.
    bool is_bounded = false;
    /// The longest that it waits.
    std::chrono::steady_clock::duration patience = std::chrono::hours(24);

    /// An ordinary request.
    admission_wish() = default;
};

/// What came of a wish.
class admission {
public:
    /// Why it was not granted; no error where it was.
    boost::system::error_code code;
    /// What the service said, where it was it that refused.
    replicate::problem problem;
    /// What there is to say besides.
    std::string detail;
    /// The place, for `admission_kind::creation`; else none.
    permit place;
    /// The right to send.
    rate_token token;

    /// Nothing yet.
    admission() = default;
};

} // namespace replicate::io

// The rest of what stands here is in io/scheduler.hpp.

#endif
