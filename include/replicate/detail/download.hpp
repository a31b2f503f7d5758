// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_DOWNLOAD_HPP
#define REPLICATE_DETAIL_DOWNLOAD_HPP

#include <replicate/core/data_uri.hpp>
#include <replicate/core/download_plan.hpp>
#include <replicate/core/file_name.hpp>
#include <replicate/detail/upload.hpp>
#include <replicate/run_options.hpp>

#include <cstddef>
#include <exception>
#include <string>
#include <utility>

namespace replicate::detail {

/// Where the bytes of a file go. Used on the strand alone; each of its coroutines may throw.
class download_target {
public:
    download_target() = default;
    download_target(download_target const&) = delete;
    download_target& operator=(download_target const&) = delete;
    virtual ~download_target() = default;

    /// True when what has come can be thrown away.
    virtual bool may_begin_anew() const noexcept = 0;

    /// Throws away what has come.
    virtual asio::awaitable<void> clear() = 0;

    /// Takes the next bytes.
    virtual asio::awaitable<void> write(std::string bytes) = 0;
};

/// Puts the answers to the requests for one file together.
class download_sink final : public io::body_sink {
public:
    download_sink(core::download_plan& plan, download_target& target)
        : plan_(plan)
        , target_(target)
    {
    }

    boost::system::error_code begin(core::response const& head) override
    {
        core::body_place const place = plan_.on_head(head);
        begins_anew_ = place == core::body_place::anew;
        return place == core::body_place::refuse ? plan_.refusal() : boost::system::error_code();
    }

    asio::awaitable<boost::system::error_code> take(std::string bytes) override
    {
        boost::system::error_code code;
        bytes.erase(0, plan_.on_bytes(bytes.size()));
        try {
            co_await settle();
            if (!bytes.empty())
                co_await target_.write(std::move(bytes));
        } catch (...) {
            failure_ = std::current_exception();
            code = make_error_code(errc::file_not_writable);
        }
        co_return code;
    }

    /// Begins anew, if that is due: also where nothing comes after it.
    asio::awaitable<void> settle()
    {
        bool const due = std::exchange(begins_anew_, false);
        if (due)
            co_await target_.clear();
    }

    /// What the target threw.
    std::exception_ptr failure() const noexcept { return failure_; }

private:
    core::download_plan& plan_;
    download_target& target_;
    std::exception_ptr failure_;
    bool begins_anew_ = false;
};

/// Reads one file, in as many requests as it takes. Lives in the frame that awaits it.
class download {
public:
    download(operation& owner, core::absolute_url where, download_target& target)
        : owner_(owner)
        , target_(target)
        , route_(std::move(where), owner.client().settings().files.delivery_hosts)
        , plan_(owner.retry(), target.may_begin_anew())
    {
    }

    /// Gives its media type; throws where it cannot be had.
    asio::awaitable<std::string> perform()
    {
        for (;;) {
            core::download_step const step = co_await attempt();
            if (step == core::download_step::done)
                co_return plan_.content_type();
            if (step == core::download_step::fail)
                raise();
            if (step == core::download_step::again)
                co_await pause();
        }
    }

private:
    asio::awaitable<core::download_step> attempt()
    {
        core::request what("GET", route_.where().target());
        what.headers = plan_.headers();
        call one(owner_, std::move(what), where());
        download_sink sink(plan_, target_);
        one.deliver_to(sink);
        call_result const result = co_await one.perform();
        if (sink.failure())
            raise_with_context(owner_, sink.failure());
        if (result.passed_on)
            co_await sink.settle();
        code_ = result.code;
        unsigned const status = result.response.status;
        if (result.passed_on || status < 300)
            co_return plan_.on_end(code_, result.passed_on, owner_.client().jitter());
        if (status == 416 && plan_.received() > 0)
            co_return plan_.on_range_refused(result.response.header("content-range"));
        co_return route_.on_refusal(status, result.response.header("location"));
    }

    call_target where() const
    {
        core::absolute_url const& url = route_.where();
        call_target target;
        target.origin = url.origin;
        target.frame.host = url.origin.authority();
        target.frame.user_agent = owner_.client().settings().user_agent;
        target.body_bytes = owner_.client().settings().limits.body_bytes;
        target.with_token = route_.with_token();
        return target;
    }

    [[noreturn]] void raise()
    {
        boost::system::error_code const code = plan_.refusal() ? plan_.refusal() : code_;
        if (code == errc::file_changed)
            owner_.context().detail = "the file at this URL is not the one that it was when its first bytes came";
        else if (code == errc::unexpected_content)
            owner_.context().detail = "the file came compressed, though that was not asked for";
        owner_.make_failure(code).raise();
    }

    asio::awaitable<void> pause()
    {
        boost::system::error_code ignored;
        owner_.context().phase = phase::wait;
        asio::steady_timer timer(owner_.client().strand(), plan_.wait());
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }

    operation& owner_;
    download_target& target_;
    core::download_route route_;
    core::download_plan plan_;
    boost::system::error_code code_;
};

/// Fetches a file, wherever it is, and gives its media type.
inline asio::awaitable<std::string> fetch_file(operation& owner, std::string location, download_target& target)
{
    if (location.starts_with("data:")) {
        co_await target.write(core::decode_data_uri(location));
        co_return std::string(core::data_uri_type(location));
    }
    auto const url = core::parse_absolute_url(location);
    io::pass const turn = co_await owner.client().download_turns().admit();
    download one(owner, *url, target);
    std::string type = co_await one.perform();
    co_return type;
}

/// Refuses what is no file, before anything is done.
inline void check_location(std::string const& location)
{
    auto const url = core::parse_absolute_url(location);
    if (!location.starts_with("data:") && (!url || !url->origin.secure))
        throw_invalid_argument("file", "is neither an https: nor a data: URL");
}

/// Takes a file into memory.
class memory_target final : public download_target {
public:
    explicit memory_target(std::size_t most)
        : most_(most)
    {
    }

    bool may_begin_anew() const noexcept override { return true; }

    asio::awaitable<void> clear() override
    {
        bytes.clear();
        co_return;
    }

    asio::awaitable<void> write(std::string piece) override
    {
        if (piece.size() > most_ - bytes.size())
            throw make_error(errc::body_too_large,
                "more than the " + std::to_string(most_) + " bytes of limits.download_bytes; save it, or have it streamed");
        bytes += piece;
        co_return;
    }

    /// What has come.
    std::string bytes;

private:
    std::size_t most_;
};

/// The body of `file_output::async_read`.
inline asio::awaitable<std::string> read_file_body(operation& owner, std::string location, call_options options)
{
    check(options);
    check_location(location);
    memory_target target(owner.client().settings().limits.download_bytes);
    co_await fetch_file(owner, std::move(location), target);
    co_return std::move(target.bytes);
}

} // namespace replicate::detail

#endif
