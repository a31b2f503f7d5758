// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/io/resolver.hpp>

#include "support/coroutines.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace asio = boost::asio;
using replicate::errc;
using replicate::io::resolve_result;
using replicate::io::resolver;
using replicate::io::strand;
using replicate::tests::make_strand;
using replicate::tests::run_dry;
using replicate::tests::run_ready;
using replicate::tests::run_until;
using replicate::tests::run_until_ended;
using replicate::tests::task;
using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

// A name service whose answers the test lets go.
class name_service {
public:
    // Called on the threads of the resolver.
    resolve_result look_up(std::string const& host)
    {
        resolve_result result;
        std::unique_lock lock(mutex_);
        ++calls_[host];
        condition_.notify_all();
        condition_.wait(lock, [&] { return !blocked_; });
        if (host == "unknown.test")
            result.code = asio::error::host_not_found;
        else if (host == "throws.test")
            throw std::runtime_error("no memory, say");
        else
            result.addresses.push_back(asio::ip::make_address("192.0.2.1"));
        return result;
    }

    void block()
    {
        std::lock_guard const lock(mutex_);
        blocked_ = true;
    }

    void let_go()
    {
        std::lock_guard const lock(mutex_);
        blocked_ = false;
        condition_.notify_all();
    }

    void wait_for_calls(std::string const& host, int count)
    {
        std::unique_lock lock(mutex_);
        condition_.wait(lock, [&] { return calls_[host] >= count; });
    }

    int calls(std::string const& host)
    {
        std::lock_guard const lock(mutex_);
        return calls_[host];
    }

private:
    std::mutex mutex_;
    std::condition_variable condition_;
    std::map<std::string, int> calls_;
    bool blocked_ = false;
};

// What the look-ups call: it keeps the service as long as a thread is in it.
replicate::io::look_up_function calling(std::shared_ptr<name_service> service)
{
    return [service](std::string const& host) { return service->look_up(host); };
}

asio::awaitable<void> resolve_into(
    std::shared_ptr<resolver> with, std::string host, clock::time_point limit, std::shared_ptr<resolve_result> result)
{
    *result = co_await with->resolve(host, limit);
}

class resolver_fixture {
public:
    ~resolver_fixture() { service->let_go(); }

    std::shared_ptr<task> start(std::string host, clock::time_point limit = clock::now() + 1h)
    {
        results.push_back(std::make_shared<resolve_result>());
        return std::make_shared<task>(executor, resolve_into(subject, host, limit, results.back()));
    }

    resolve_result resolve(std::string host, clock::time_point limit = clock::now() + 1h)
    {
        auto const started = start(host, limit);
        REQUIRE(run_until_ended(context, *started));
        started->rethrow();
        return *results.back();
    }

    asio::io_context context;
    strand executor = make_strand(context);
    std::shared_ptr<name_service> service = std::make_shared<name_service>();
    std::shared_ptr<resolver> subject = std::make_shared<resolver>(executor, calling(service));
    std::vector<std::shared_ptr<resolve_result>> results;
};

void wait_for_the_threads(std::weak_ptr<name_service> const& watched)
{
    auto const limit = clock::now() + replicate::tests::patience;
    while (!watched.expired() && clock::now() < limit)
        std::this_thread::yield();
    CHECK(watched.expired());
}

} // namespace

TEST_CASE_FIXTURE(resolver_fixture, "an address is its own and is not looked up")
{
    for (char const* address : {"127.0.0.1", "::1", "2001:db8::7"}) {
        resolve_result const result = resolve(address);
        CHECK_FALSE(result.code);
        REQUIRE(result.addresses.size() == 1);
        CHECK(result.addresses.front() == asio::ip::make_address(address));
        CHECK(service->calls(address) == 0);
    }
}

TEST_CASE("localhost is looked up by the system")
{
    resolve_result const result = replicate::io::look_up("localhost");
    CHECK_FALSE(result.code);
    REQUIRE_FALSE(result.addresses.empty());
    for (auto const& address : result.addresses)
        CHECK(address.is_loopback());
}

TEST_CASE("a name that cannot exist ends in an error, within the limit")
{
    asio::io_context context;
    auto const subject = std::make_shared<resolver>(make_strand(context));
    auto const result = std::make_shared<resolve_result>();
    auto const begin = clock::now();
    task const started(make_strand(context), resolve_into(subject, "nothing.invalid", begin + 500ms, result));
    REQUIRE(run_until_ended(context, started));
    CHECK(result->code);
    CHECK(result->addresses.empty());
    CHECK(clock::now() - begin < 5s);
}

TEST_CASE_FIXTURE(resolver_fixture, "a failure is told as it is and not remembered")
{
    CHECK(resolve("unknown.test").code == asio::error::host_not_found);
    CHECK(resolve("unknown.test").code == asio::error::host_not_found);
    CHECK(service->calls("unknown.test") == 2);
}

TEST_CASE_FIXTURE(resolver_fixture, "an exception on the look-up's thread is a failure")
{
    CHECK(resolve("throws.test").code);
}

TEST_CASE_FIXTURE(resolver_fixture, "what was found is remembered")
{
    CHECK(resolve("known.test").addresses.size() == 1);
    CHECK(resolve("known.test").addresses.size() == 1);
    CHECK(service->calls("known.test") == 1);
    CHECK(resolve("other.test").addresses.size() == 1);
    CHECK(service->calls("other.test") == 1);
}

TEST_CASE_FIXTURE(resolver_fixture, "those who want the same host at once share one look-up")
{
    service->block();
    std::vector<std::shared_ptr<task>> callers;
    for (int i = 0; i < 20; ++i)
        callers.push_back(start("shared.test"));
    run_ready(context);
    service->wait_for_calls("shared.test", 1);
    service->let_go();
    CHECK(run_until(context,
        [&] { return std::all_of(callers.begin(), callers.end(), [](auto const& each) { return each->ended(); }); }));
    for (auto const& result : results)
        CHECK(result->addresses.size() == 1);
    CHECK(service->calls("shared.test") == 1);
}

TEST_CASE_FIXTURE(resolver_fixture, "a look-up that blocks ends in timed_out and holds up nobody else")
{
    service->block();
    auto const begin = clock::now();
    CHECK(resolve("silent.test", begin + 20ms).code == errc::timed_out);
    CHECK(clock::now() - begin >= 20ms);
    CHECK(clock::now() - begin < 5s);
    CHECK(resolve("127.0.0.1").addresses.size() == 1);
    // The thread of the first is still inside.
    auto const other = start("other.test");
    run_ready(context);
    service->wait_for_calls("other.test", 1);
    service->wait_for_calls("silent.test", 1);
    CHECK(service->calls("silent.test") == 1);
}

TEST_CASE_FIXTURE(resolver_fixture, "one who gives up does not take the result from the others")
{
    service->block();
    auto const patient = start("shared.test");
    auto const hasty = start("shared.test", clock::now() + 5ms);
    auto const cancelled = start("shared.test");
    run_ready(context);
    cancelled->cancel();
    CHECK(run_until(context, [&] { return hasty->ended() && cancelled->ended(); }));
    CHECK(results[1]->code == errc::timed_out);
    CHECK_FALSE(patient->ended());
    service->let_go();
    CHECK(run_until_ended(context, *patient));
    CHECK(results[0]->addresses.size() == 1);
    CHECK(service->calls("shared.test") == 1);
}

TEST_CASE_FIXTURE(resolver_fixture, "a cancelled wait ends at once, as aborted")
{
    service->block();
    auto const caller = start("silent.test");
    run_ready(context);
    CHECK_FALSE(caller->ended());
    caller->cancel();
    // The look-up still blocks, and nothing of it is left in the context.
    CHECK(run_dry(context));
    CHECK(caller->ended());
    CHECK((caller->code() == asio::error::operation_aborted || results[0]->code == asio::error::operation_aborted));
}

TEST_CASE_FIXTURE(resolver_fixture, "a wait that is cancelled before it begins leaves nothing behind")
{
    auto const caller = start("early.test");
    caller->cancel();
    CHECK(run_dry(context));
    CHECK(caller->ended());
}

TEST_CASE_FIXTURE(resolver_fixture, "after all have given up, the next caller takes up the look-up that still blocks")
{
    service->block();
    for (int i = 0; i < 3; ++i)
        CHECK(resolve("slow.test", clock::now() + 5ms).code == errc::timed_out);
    auto const last = start("slow.test");
    run_ready(context);
    service->wait_for_calls("slow.test", 1);
    service->let_go();
    CHECK(run_until_ended(context, *last));
    CHECK(results.back()->addresses.size() == 1);
    CHECK(service->calls("slow.test") == 1);
    CHECK(run_dry(context));
}

TEST_CASE("a context is destroyed at once while a look-up blocks, and the thread that is left behind touches nothing")
{
    auto service = std::make_shared<name_service>();
    std::weak_ptr<name_service> const watched = service;
    service->block();
    auto result = std::make_shared<resolve_result>();
    std::weak_ptr<resolve_result> const pending = result;
    auto const begin = clock::now();
    {
        asio::io_context context;
        auto const executor = make_strand(context);
        {
            auto const subject = std::make_shared<resolver>(executor, calling(service));
            task(executor, resolve_into(subject, "silent.test", clock::now() + 1h, std::move(result)));
        }
        run_ready(context);
        service->wait_for_calls("silent.test", 1);
    }
    CHECK(clock::now() - begin < 5s);
    CHECK(pending.expired());
    service->let_go();
    service.reset();
    wait_for_the_threads(watched);
}

TEST_CASE("a look-up lets go of its context when that ends")
{
    std::optional<asio::io_context> context(std::in_place);
    auto const running = std::make_shared<replicate::io::lookup>(make_strand(*context));
    asio::use_service<replicate::io::lookups>(*context).add(running);
    CHECK_FALSE(running->is_abandoned());
    context.reset();
    CHECK(running->is_abandoned());
}

TEST_CASE("a context may be destroyed at the moment when a look-up ends")
{
    for (int round = 0; round < 200; ++round) {
        auto service = std::make_shared<name_service>();
        std::weak_ptr<name_service> const watched = service;
        service->block();
        std::thread other;
        {
            asio::io_context context;
            auto const executor = make_strand(context);
            {
                auto const subject = std::make_shared<resolver>(executor, calling(service));
                auto const result = std::make_shared<resolve_result>();
                for (int i = 0; i < 3; ++i)
                    task(executor, resolve_into(subject, "host.test", clock::now() + 1h, result));
            }
            run_ready(context);
            service->wait_for_calls("host.test", 1);
            other = std::thread([service] { service->let_go(); });
            if (round % 2 == 0)
                std::this_thread::yield();
            context.poll();
        }
        other.join();
        service.reset();
        wait_for_the_threads(watched);
    }
}
