// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/io/connect_race.hpp>

#include "support/coroutines.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <sys/socket.h>
#include <vector>

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using replicate::errc;
using replicate::io::connect_race;
using replicate::io::in_turns;
using replicate::io::race_guard;
using replicate::io::strand;
using replicate::tests::make_strand;
using replicate::tests::run_dry;
using replicate::tests::run_ready;
using replicate::tests::run_until;
using replicate::tests::run_until_ended;
using replicate::tests::task;
using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

tcp::endpoint any_port()
{
    return tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0);
}

// Refuses connections: its port is taken, but nobody listens.
class refusing_peer {
public:
    explicit refusing_peer(asio::io_context& context)
        : socket_(context, any_port())
    {
    }

    tcp::endpoint endpoint() const { return socket_.local_endpoint(); }

private:
    tcp::socket socket_;
};

class listening_peer {
public:
    explicit listening_peer(asio::io_context& context)
        : acceptor_(context, any_port())
    {
    }

    tcp::endpoint endpoint() const { return acceptor_.local_endpoint(); }

    // How many connections have come.
    int accept_all()
    {
        int count = 0;
        boost::system::error_code code;
        acceptor_.non_blocking(true);
        for (;;) {
            tcp::socket socket(acceptor_.get_executor());
            acceptor_.accept(socket, code);
            if (code)
                return count;
            ++count;
        }
    }

private:
    tcp::acceptor acceptor_;
};

// Never answers: the queue of those it should accept is full, so that the system drops what comes.
class silent_peer {
public:
    explicit silent_peer(asio::io_context& context)
        : acceptor_(context)
    {
        acceptor_.open(tcp::v4());
        acceptor_.bind(any_port());
        acceptor_.listen(0);
        for (int i = 0; i < 4; ++i) {
            fillers_.emplace_back(context, tcp::v4());
            fillers_.back().native_non_blocking(true);
            // Asio's own would wait.
            auto const endpoint = acceptor_.local_endpoint();
            static_cast<void>(
                ::connect(fillers_.back().native_handle(), endpoint.data(), static_cast<socklen_t>(endpoint.size())));
        }
    }

    tcp::endpoint endpoint() const { return acceptor_.local_endpoint(); }

private:
    tcp::acceptor acceptor_;
    std::vector<tcp::socket> fillers_;
};

// How many files this process has open.
std::ptrdiff_t open_files()
{
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
}

class outcome {
public:
    boost::system::error_code code;
    std::optional<tcp::endpoint> winner;
    std::optional<tcp::socket> socket;
};

asio::awaitable<void> race_into(
    std::shared_ptr<connect_race> race, clock::time_point limit, std::shared_ptr<outcome> to)
{
    race_guard const guard(race);
    to->code = co_await race->run(limit);
    if (!to->code) {
        to->winner = race->winner().remote_endpoint();
        to->socket.emplace(std::move(race->winner()));
    }
}

class race_fixture {
public:
    std::shared_ptr<task> start(
        std::vector<tcp::endpoint> endpoints, clock::duration stagger, clock::duration limit = 1h)
    {
        auto const race = std::make_shared<connect_race>(executor, std::move(endpoints), stagger);
        return std::make_shared<task>(executor, race_into(race, clock::now() + limit, result));
    }

    // Runs a race to its end and until nothing of it is left.
    void run(std::vector<tcp::endpoint> endpoints, clock::duration stagger, clock::duration limit = 1h)
    {
        auto const begin = clock::now();
        auto const started = start(std::move(endpoints), stagger, limit);
        REQUIRE(run_until_ended(context, *started));
        elapsed = clock::now() - begin;
        started->rethrow();
        CHECK(run_dry(context));
    }

    asio::io_context context;
    strand executor = make_strand(context);
    std::shared_ptr<outcome> result = std::make_shared<outcome>();
    clock::duration elapsed{};
};

} // namespace

TEST_CASE("addresses are tried family by family in turns, beginning with the first, in the given order within each")
{
    auto const addresses = [](std::vector<std::string> const& texts) {
        std::vector<asio::ip::address> result;
        for (std::string const& text : texts)
            result.push_back(asio::ip::make_address(text));
        return result;
    };
    auto const texts = [](std::vector<tcp::endpoint> const& endpoints) {
        std::string result;
        for (auto const& endpoint : endpoints)
            result += endpoint.address().to_string() + ' ';
        return result;
    };
    CHECK(texts(in_turns(addresses({}), 443)).empty());
    CHECK(texts(in_turns(addresses({"10.0.0.1"}), 443)) == "10.0.0.1 ");
    CHECK(texts(in_turns(addresses({"::1", "::2", "::3", "10.0.0.1"}), 443)) == "::1 10.0.0.1 ::2 ::3 ");
    CHECK(texts(in_turns(addresses({"10.0.0.1", "10.0.0.2", "::1", "::2", "::3"}), 443))
        == "10.0.0.1 ::1 10.0.0.2 ::2 ::3 ");
    CHECK(texts(in_turns(addresses({"::1", "10.0.0.1", "10.0.0.2"}), 443)) == "::1 10.0.0.1 10.0.0.2 ");
    CHECK(in_turns(addresses({"::1"}), 8443).front().port() == 8443);
}

TEST_CASE_FIXTURE(race_fixture, "the first address wins when it answers, and no other is tried")
{
    listening_peer first(context), second(context);
    run({first.endpoint(), second.endpoint()}, 1h);
    CHECK_FALSE(result->code);
    CHECK(result->winner == first.endpoint());
    CHECK(second.accept_all() == 0);
}

TEST_CASE_FIXTURE(race_fixture, "after an address that refuses, the next is tried at once")
{
    refusing_peer refusing(context), refusing_too(context);
    listening_peer good(context);
    run({refusing.endpoint(), refusing_too.endpoint(), good.endpoint()}, 1h);
    CHECK_FALSE(result->code);
    CHECK(result->winner == good.endpoint());
}

TEST_CASE_FIXTURE(race_fixture, "beside an address that does not answer, the next is tried after the stagger")
{
    silent_peer silent(context);
    listening_peer good(context), unneeded(context);
    run({silent.endpoint(), good.endpoint(), unneeded.endpoint()}, 30ms);
    CHECK_FALSE(result->code);
    CHECK(result->winner == good.endpoint());
    CHECK(elapsed >= 30ms);
    CHECK(elapsed < 5s);
    CHECK(unneeded.accept_all() == 0);
}

TEST_CASE_FIXTURE(race_fixture, "an address that refuses does not end the wait for one that is silent")
{
    silent_peer silent(context);
    refusing_peer refusing(context);
    listening_peer good(context);
    run({silent.endpoint(), refusing.endpoint(), good.endpoint()}, 20ms);
    CHECK(result->winner == good.endpoint());
    CHECK(elapsed < 5s);
}

TEST_CASE_FIXTURE(race_fixture, "when all refuse, the error is the last one's")
{
    refusing_peer one(context), two(context);
    run({one.endpoint(), two.endpoint()}, 1h);
    CHECK(result->code == asio::error::connection_refused);
}

TEST_CASE_FIXTURE(race_fixture, "a race without an address ends at once")
{
    run({}, 1h);
    CHECK(result->code == asio::error::host_not_found);
}

TEST_CASE_FIXTURE(race_fixture, "a race that nobody has won at its limit ends in timed_out")
{
    silent_peer silent(context), silent_too(context);
    refusing_peer refusing(context);
    SUBCASE("one address")
    {
        run({silent.endpoint()}, 1h, 30ms);
    }
    SUBCASE("several addresses")
    {
        run({silent.endpoint(), silent_too.endpoint()}, 5ms, 30ms);
    }
    SUBCASE("others refused before")
    {
        run({refusing.endpoint(), silent.endpoint()}, 5ms, 30ms);
    }
    CHECK(result->code == errc::timed_out);
    CHECK(elapsed >= 30ms);
    CHECK(elapsed < 5s);
}

TEST_CASE_FIXTURE(race_fixture, "whatever the end of a race, only the winner stays open")
{
    silent_peer silent(context), silent_too(context);
    refusing_peer refusing(context);
    listening_peer good(context);
    run({good.endpoint()}, 1h); // so that all that a context opens for itself is open
    result->socket.reset();
    auto const before = open_files();
    SUBCASE("won")
    {
        run({silent.endpoint(), silent_too.endpoint(), good.endpoint()}, 1ms);
        CHECK(open_files() == before + 1);
        result->socket.reset();
    }
    SUBCASE("lost")
    {
        run({refusing.endpoint()}, 1h);
    }
    SUBCASE("timed out")
    {
        run({silent.endpoint(), silent_too.endpoint()}, 1ms, 10ms);
    }
    SUBCASE("cancelled in the middle")
    {
        auto const started = start({silent.endpoint(), silent_too.endpoint()}, 1ms);
        CHECK(run_until(context, [&] { return open_files() == before + 2; }));
        started->cancel();
        CHECK(run_dry(context));
        CHECK(started->ended());
        CHECK((started->code() == asio::error::operation_aborted || result->code == asio::error::operation_aborted));
    }
    CHECK(open_files() == before);
}

TEST_CASE_FIXTURE(race_fixture, "a race that is cancelled as it begins leaves nothing open")
{
    silent_peer silent(context);
    listening_peer good(context);
    run({good.endpoint()}, 1h);
    result = std::make_shared<outcome>();
    auto const before = open_files();
    auto const started = start({silent.endpoint()}, 1h);
    started->cancel();
    CHECK(run_dry(context));
    CHECK(started->ended());
    CHECK_FALSE(result->winner);
    CHECK(open_files() == before);
}

TEST_CASE("a context that is destroyed during a race takes the race with it")
{
    auto const before = open_files();
    std::weak_ptr<connect_race> watched;
    {
        asio::io_context context;
        silent_peer silent(context), silent_too(context);
        auto const executor = make_strand(context);
        {
            auto const race = std::make_shared<connect_race>(
                executor, std::vector<tcp::endpoint>{silent.endpoint(), silent_too.endpoint()}, 1h);
            watched = race;
            task(executor, race_into(race, clock::now() + 1h, std::make_shared<outcome>()));
        }
        run_ready(context);
        CHECK_FALSE(watched.expired());
    }
    CHECK(watched.expired());
    CHECK(open_files() == before);
}
