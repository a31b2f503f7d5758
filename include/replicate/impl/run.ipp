// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_RUN_IPP
#define REPLICATE_IMPL_RUN_IPP

#include <replicate/detail/blocking_result.hpp>
#include <replicate/detail/default_client.hpp>
#include <replicate/run.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <openssl/ssl.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

namespace replicate {

namespace detail {

/// The default client of a caller; null where there is none, and then the handler is told why.
template<class T>
std::shared_ptr<client_state> default_client_for(asio::any_io_executor const& caller, erased_handler<T>& handler)
{
    std::shared_ptr<client_state> client;
    try {
        client = default_client::of(caller);
    } catch (...) {
        asio::post(caller,
            [handler = std::move(handler), refusal = failure::of_exception(std::current_exception())]() mutable {
                std::move(handler)(std::move(refusal), T());
            });
    }
    return client;
}

REPLICATE_DECL void start_default_run(
    asio::any_io_executor caller, model_ref model, input values, run_options options, erased_handler<output> handler)
{
    if (auto client = default_client_for(caller, handler))
        start_run(std::move(client), std::move(model), std::move(values), std::move(options), std::move(handler));
}

REPLICATE_DECL void start_default_stream(asio::any_io_executor caller, model_ref model, input values,
    stream_options options, erased_handler<stream> handler)
{
    if (auto client = default_client_for(caller, handler))
        start_stream(std::move(client), std::move(model), std::move(values), std::move(options), std::move(handler));
}

/// What the blocking `run` runs on: one thread for the whole process, from the first call on, so that a run whose caller has given up
/// still cancels its prediction, and files can be read, whatever the caller's thread does.
class blocking_runtime {
public:
    static blocking_runtime& instance()
    {
        // First, so that the library for TLS, which cleans up at the end of the process, does that after this has ended.
        OPENSSL_init_ssl(0, nullptr);
        static blocking_runtime only;
        return only;
    }

    blocking_runtime(blocking_runtime const&) = delete;
    blocking_runtime& operator=(blocking_runtime const&) = delete;

    /// What is still under way, such as the cancelling of predictions, has so long to end.
    ~blocking_runtime()
    {
        {
            std::unique_lock lock(mutex_);
            client_.reset();
            work_.reset();
            ended_.wait_for(lock, std::chrono::seconds(5), [this] { return is_ended_; });
        }
        context_.stop();
        thread_.join();
    }

    /// The client as the environment wants it now; the same one as long as that wants the same.
    std::shared_ptr<client_state> client()
    {
        if (std::this_thread::get_id() == thread_.get_id())
            throw_invalid_argument("run", "blocks, so it cannot be called from a handler that runs on its own thread");
        config settings = config::from_environment();
        std::lock_guard const lock(mutex_);
        bool const is_same = client_ && client_->settings().token == settings.token
            && client_->settings().base_url == settings.base_url && client_->settings().proxy.url == settings.proxy.url
            && client_->settings().proxy.bypass == settings.proxy.bypass;
        if (!is_same)
            client_ = std::make_shared<client_state>(context_.get_executor(), std::move(settings));
        return client_;
    }

private:
    blocking_runtime()
        : work_(context_.get_executor())
        , thread_([this] { work(); })
    {
    }

    void work()
    {
        context_.run();
        std::lock_guard const lock(mutex_);
        is_ended_ = true;
        ended_.notify_all();
    }

    asio::io_context context_;
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    std::mutex mutex_;
    std::condition_variable ended_;
    bool is_ended_ = false;
    std::shared_ptr<client_state> client_;
    std::thread thread_;
};

} // namespace detail

REPLICATE_DECL output run(model_ref model, input values, run_options options)
{
    detail::blocking_result<output> const result;
    detail::start_run(detail::blocking_runtime::instance().client(), std::move(model), std::move(values), std::move(options),
        result.handler());
    return result.get();
}

} // namespace replicate

#endif
