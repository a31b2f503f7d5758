// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include "support/transport_fixture.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <string>
#include <vector>

namespace {

namespace asio = boost::asio;
using replicate::errc;
using replicate::phase;
using replicate::core::sent;
using replicate::tests::answer_of;
using replicate::tests::run_ready;
using replicate::tests::run_until;
using replicate::tests::script;
using replicate::tests::sending;
using replicate::tests::step;
using replicate::tests::task;
using replicate::tests::transport_fixture;
using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;
using error_code = boost::system::error_code;

// A connection that answers so many requests with "1", "2" and so on, and waits for the other side to go.
script answering(int count)
{
    script steps{step::handshake()};
    for (int i = 1; i <= count; ++i) {
        steps.push_back(step::request());
        steps.push_back(step::send(answer_of(std::to_string(i))));
    }
    steps.push_back(step::until_end());
    return steps;
}

void pass(clock::duration length)
{
    auto const limit = clock::now() + length;
    while (clock::now() < limit) {}
}

std::ptrdiff_t open_files()
{
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
}

} // namespace

TEST_CASE_FIXTURE(transport_fixture, "requests one after the other share a connection")
{
    peer.play(answering(3));
    for (int i = 1; i <= 3; ++i) {
        auto const one = send("a" + std::to_string(i));
        CHECK(one->code() == error_code());
        CHECK(one->body() == std::to_string(i));
        CHECK(one->progress.reused == (i > 1));
        CHECK(one->progress.sent == sent::all);
        CHECK(one->progress.answered);
    }
    CHECK(peer.connections() == 1);
    REQUIRE(peer.requests().size() == 3);
    CHECK(peer.requests()[2] == "GET /a3 HTTP/1.1\r\nHost: x\r\n\r\n");
}

TEST_CASE_FIXTURE(transport_fixture, "plain requests share a connection, too")
{
    secure = false;
    script steps = answering(2);
    steps.erase(steps.begin());
    peer.play(steps);
    CHECK(send("a")->body() == "1");
    auto const second = send("b");
    CHECK(second->body() == "2");
    CHECK(second->progress.reused);
    CHECK(peer.connections() == 1);
}

TEST_CASE_FIXTURE(transport_fixture, "a connection is not used again after an answer that forbids it")
{
    std::string answer;
    SUBCASE("by its wish to close")
    {
        answer = answer_of("first", "Connection: close\r\n");
    }
    SUBCASE("by its version")
    {
        answer = "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nfirst";
    }
    SUBCASE("by a length that is said twice")
    {
        answer = answer_of("first", "Content-Length: 5\r\n");
    }
    SUBCASE("by bytes behind it")
    {
        answer = answer_of("first") + "x";
    }
    peer.play({step::handshake(), step::request(), step::send(answer), step::until_end()});
    peer.play(answering(1));
    CHECK(send("first")->body() == "first");
    CHECK(run_until_peer_ended(1));
    auto const second = send("second");
    CHECK(second->body() == "1");
    CHECK_FALSE(second->progress.reused);
    CHECK(peer.connections() == 2);
}

TEST_CASE_FIXTURE(transport_fixture, "a connection is not used again after a failure")
{
    script steps{step::handshake(), step::request()};
    error_code expected;
    SUBCASE("an answer that was cut")
    {
        steps.push_back(step::send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfir"));
        steps.push_back(step::close());
        expected = errc::truncated_response;
    }
    SUBCASE("an answer that is not HTTP")
    {
        steps.push_back(step::send("nonsense\r\n\r\n"));
        steps.push_back(step::until_end());
        expected = errc::malformed_response;
    }
    SUBCASE("no answer")
    {
        steps.push_back(step::reset());
        expected = errc::connection_lost;
    }
    SUBCASE("no answer, said politely")
    {
        steps.push_back(step::close_notify());
        expected = errc::connection_lost;
    }
    peer.play(steps);
    peer.play(answering(1));
    auto const first = send("first");
    CHECK(first->code() == expected);
    CHECK(first->progress.sent == sent::all);
    CHECK_FALSE(first->progress.reused);
    CHECK(run_until_peer_ended(1));
    CHECK(send("second")->body() == "1");
    CHECK(peer.connections() == 2);
}

TEST_CASE_FIXTURE(
    transport_fixture, "a connection is closed rather than used again when it has been idle, or open, for too long")
{
    SUBCASE("idle")
    {
        settings.pool.idle_timeout = 20ms;
    }
    SUBCASE("open")
    {
        settings.pool.maximum_age = 20ms;
    }
    peer.play(answering(2));
    peer.play(answering(1));
    CHECK(send("first")->body() == "1");
    pass(25ms);
    auto const second = send("second");
    CHECK(second->body() == "1");
    CHECK_FALSE(second->progress.reused);
    CHECK(peer.connections() == 2);
    CHECK(run_until_peer_ended(1));
}

TEST_CASE_FIXTURE(transport_fixture, "a body to the end of the connection counts only where TLS vouches for its end")
{
    script steps{step::handshake(), step::request(), step::send("HTTP/1.1 200 OK\r\n\r\nsome")};
    SUBCASE("ended")
    {
        steps.push_back(step::close_notify());
        peer.play(steps);
        auto const one = send("a");
        CHECK(one->code() == error_code());
        CHECK(one->body() == "some");
    }
    SUBCASE("cut")
    {
        steps.push_back(step::close());
        peer.play(steps);
        CHECK(send("a")->code() == errc::truncated_response);
    }
    SUBCASE("reset")
    {
        steps.push_back(step::hold());
        steps.push_back(step::reset());
        peer.play(steps);
        auto const one = start("a");
        REQUIRE(run_until(context, [&] { return one->progress.phase() == phase::read; }));
        peer.let_go();
        REQUIRE(run_until(context, [&] { return one->ended(); }));
        CHECK(one->code() == errc::truncated_response);
    }
}

TEST_CASE_FIXTURE(transport_fixture, "a body of known length is whole although the connection ends without a word")
{
    peer.play({step::handshake(), step::request(), step::send(answer_of("whole")), step::close()});
    auto const one = send("a");
    CHECK(one->code() == error_code());
    CHECK(one->body() == "whole");
}

TEST_CASE_FIXTURE(transport_fixture, "an idle connection that the other side has closed is found before it is used")
{
    script steps{step::handshake(), step::request(), step::send(answer_of("first")), step::hold()};
    SUBCASE("politely")
    {
        steps.push_back(step::close_notify());
    }
    SUBCASE("without a word")
    {
        steps.push_back(step::close());
    }
    SUBCASE("by a reset")
    {
        steps.push_back(step::reset());
    }
    peer.play(steps);
    peer.play(answering(1));
    CHECK(send("first")->body() == "first");
    peer.let_go();
    CHECK(run_until_peer_ended(1));
    auto const second = send("second");
    CHECK(second->code() == error_code());
    CHECK_FALSE(second->progress.reused);
    CHECK(second->body() == "1");
}

TEST_CASE_FIXTURE(
    transport_fixture, "an idle connection whose end shows only when it is used says that it had been used before")
{
    script steps{step::handshake(), step::request(), step::send(answer_of("first")), step::request()};
    SUBCASE("politely")
    {
        steps.push_back(step::close_notify());
    }
    SUBCASE("without a word")
    {
        steps.push_back(step::close());
    }
    SUBCASE("by a reset")
    {
        steps.push_back(step::reset());
    }
    peer.play(steps);
    peer.play(answering(1));
    CHECK(send("first")->body() == "first");
    auto const second = send("second");
    CHECK(second->code() == errc::connection_lost);
    CHECK(second->progress.reused);
    CHECK(second->progress.sent == sent::all);
    CHECK_FALSE(second->progress.answered);
    auto const third = send("second", true);
    CHECK(third->body() == "1");
    CHECK_FALSE(third->progress.reused);
}

TEST_CASE_FIXTURE(transport_fixture, "an answer that nobody asked for is never taken for that of the next request")
{
    std::string const forged = answer_of("forged");
    script steps{step::handshake(), step::request()};
    std::size_t ended_first = 0;
    SUBCASE("in the record of the answer before")
    {
        steps.push_back(step::send(answer_of("first") + forged));
    }
    SUBCASE("in a record of its own, in the same piece")
    {
        steps.push_back(step::send_records(answer_of("first"), forged));
    }
    SUBCASE("in a piece of its own, at once")
    {
        steps.push_back(step::send(answer_of("first")));
        steps.push_back(step::send(forged));
    }
    SUBCASE("in a piece of its own, later")
    {
        steps.push_back(step::send(answer_of("first")));
        steps.push_back(step::hold());
        steps.push_back(step::send(forged));
        steps.push_back(step::close());
        ended_first = 1;
    }
    SUBCASE("one byte of it")
    {
        steps.push_back(step::send_records(answer_of("first"), forged.substr(0, 1)));
    }
    steps.push_back(step::until_end());
    peer.play(steps);
    peer.play(answering(1));
    CHECK(send("first")->body() == "first");
    peer.let_go();
    if (ended_first > 0)
        CHECK(run_until_peer_ended(ended_first));
    else
        run_ready(context);
    auto const second = send("second");
    CHECK(second->code() == error_code());
    CHECK(second->body() == "1");
    CHECK_FALSE(second->progress.reused);
}

TEST_CASE_FIXTURE(transport_fixture, "a fresh connection is one that has carried nothing")
{
    peer.play(answering(2));
    peer.play(answering(2));
    CHECK(send("a")->body() == "1");
    auto const fresh = send("b", true);
    CHECK(fresh->body() == "1");
    CHECK_FALSE(fresh->progress.reused);
    CHECK(peer.connections() == 2);
    CHECK(send("c")->body() == "2");
}

TEST_CASE_FIXTURE(transport_fixture, "idle connections are closed when that is asked for, those in use are not")
{
    peer.play(answering(1));
    peer.play({step::handshake(), step::request(), step::hold(), step::send(answer_of("slow")), step::request(),
        step::send(answer_of("again")), step::until_end()});
    auto const first = start("first");
    REQUIRE(run_until(context, [&] { return first->ended(); }));
    auto const second = start("second", true);
    REQUIRE(run_until(context, [&] { return peer.requests().size() == 2; }));
    transport().close_idle();
    CHECK(run_until_peer_ended(1));
    peer.let_go();
    REQUIRE(run_until(context, [&] { return second->ended(); }));
    CHECK(second->body() == "slow");
    CHECK(send("third")->body() == "again");
}

TEST_CASE_FIXTURE(
    transport_fixture, "there are no more connections than the cap, and those who wait are served in order")
{
    settings.pool.connections_per_origin = 2;
    peer.play({step::handshake(), step::request(), step::hold(), step::send(answer_of("x")), step::request(),
        step::send(answer_of("x")), step::request(), step::send(answer_of("x")), step::request(),
        step::send(answer_of("x")), step::until_end()});
    peer.play({step::handshake(), step::request(), step::until_end()});
    std::vector<std::shared_ptr<sending>> all;
    std::vector<std::shared_ptr<task>> tasks;
    for (int i = 0; i < 5; ++i) {
        all.push_back(start(std::to_string(i)));
        tasks.push_back(last_task);
    }
    REQUIRE(run_until(context, [&] { return peer.requests().size() == 2; }));
    run_ready(context);
    CHECK(peer.connections() == 2);
    for (int i = 2; i < 5; ++i)
        CHECK(all[static_cast<std::size_t>(i)]->progress.phase() == phase::queue);
    peer.let_go();
    // The second connection stays with its request; the first serves all others.
    REQUIRE(run_until(context, [&] { return all[2]->ended() && all[3]->ended() && all[4]->ended(); }));
    CHECK(peer.connections() == 2);
    REQUIRE(peer.requests().size() == 5);
    for (std::size_t i = 2; i < 5; ++i)
        CHECK(peer.requests()[i].find("GET /" + std::to_string(i) + " ") == 0);
}

TEST_CASE_FIXTURE(transport_fixture, "a place is given up when a connection cannot be opened")
{
    settings.pool.connections_per_origin = 1;
    SUBCASE("its handshake fails")
    {
        peer.play({step::send("HTTP/1.1 400 Bad Request\r\n\r\n"), step::until_end()});
    }
    SUBCASE("it is reset")
    {
        peer.play({step::reset()});
    }
    peer.play(answering(2));
    auto const first = start("first");
    auto const second = start("second");
    auto const third = start("third");
    REQUIRE(run_until(context, [&] { return first->ended() && second->ended() && third->ended(); }));
    CHECK(first->code() == errc::handshake_failed);
    CHECK(first->progress.sent == sent::nothing);
    CHECK_FALSE(first->progress.reused);
    CHECK(second->body() == "1");
    CHECK(third->body() == "2");
}

TEST_CASE_FIXTURE(transport_fixture, "a request that is cancelled gives its place to the next, wherever it was")
{
    settings.pool.connections_per_origin = 1;
    std::size_t requests = 0;
    phase expected = phase::handshake;
    SUBCASE("in the handshake")
    {
        peer.play({step::until_end()});
    }
    SUBCASE("waiting for the answer")
    {
        peer.play({step::handshake(), step::request(), step::until_end()});
        expected = phase::wait;
        requests = 1;
    }
    SUBCASE("reading the answer")
    {
        peer.play({step::handshake(), step::request(), step::send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart"),
            step::until_end()});
        expected = phase::read;
        requests = 1;
    }
    peer.play(answering(2));
    auto const first = start("first");
    auto const first_task = last_task;
    auto const second = start("second");
    auto const second_task = last_task;
    auto const third = start("third");
    REQUIRE(run_until(context, [&] {
        return first->progress.phase() == expected && peer.connections() == 1 && peer.requests().size() == requests;
    }));
    second_task->cancel();
    first_task->cancel();
    REQUIRE(run_until(context, [&] { return first_task->ended() && second_task->ended() && third->ended(); }));
    CHECK((first_task->code() == asio::error::operation_aborted || first->code() == asio::error::operation_aborted));
    CHECK((second_task->code() == asio::error::operation_aborted || second->code() == asio::error::operation_aborted));
    CHECK(third->body() == "1");
    CHECK(send("fourth")->body() == "2");
    CHECK(peer.connections() == 2);
}

TEST_CASE_FIXTURE(transport_fixture, "each phase of opening a connection has its limit, and its name")
{
    phase expected = phase::handshake;
    SUBCASE("a peer that says nothing")
    {
        peer.play({step::until_end()});
    }
    SUBCASE("a peer that begins a record and goes no further")
    {
        peer.play({step::send(std::string("\x16\x03\x03\x01\x00\x02", 6)), step::until_end()});
    }
    settings.timeouts.handshake = 30ms;
    auto const begin = clock::now();
    auto const one = send("a");
    CHECK(one->code() == errc::timed_out);
    CHECK(one->progress.phase() == expected);
    CHECK(one->progress.sent == sent::nothing);
    CHECK(clock::now() - begin >= 30ms);
    CHECK(clock::now() - begin < 5s);
}

TEST_CASE_FIXTURE(transport_fixture, "a host that refuses is named with its port")
{
    peer.stop_listening();
    asio::ip::tcp::socket nobody(context, asio::ip::tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0));
    auto const result = std::make_shared<sending>();
    replicate::core::origin target;
    target.host = "127.0.0.1";
    target.port = nobody.local_endpoint().port();
    replicate::io::exchange_limits limits;
    transport();
    auto const shared = std::shared_ptr<replicate::io::transport>(&transport(), [](auto*) {});
    task const running(
        executor, replicate::tests::send_through(shared, target, "GET / HTTP/1.1\r\n\r\n", limits, false, result));
    REQUIRE(replicate::tests::run_until_ended(context, running));
    CHECK(result->code() == errc::connect_failed);
    CHECK(result->progress.phase() == phase::connect);
    CHECK(result->progress.detail == target.host_and_port() + ": Connection refused");
}

TEST_CASE("a context that is destroyed with everything pending takes it all along")
{
    transport_fixture::usual_identity();
    auto const before = open_files();
    std::vector<std::weak_ptr<sending>> watched;
    {
        transport_fixture all;
        all.settings.pool.connections_per_origin = 4;
        all.peer.play({step::until_end()});
        all.peer.play({step::handshake(), step::request(), step::until_end()});
        all.peer.play({step::handshake(), step::request(), step::send("HTTP/1.1 200 OK\r\n"), step::until_end()});
        for (int i = 0; i < 3; ++i) {
            watched.push_back(all.start("busy"));
            REQUIRE(run_until(all.context, [&] { return all.peer.connections() == static_cast<std::size_t>(i) + 1; }));
        }
        REQUIRE(run_until(all.context, [&] { return all.peer.requests().size() == 2; }));
        for (int i = 0; i < 3; ++i) // one connects, two wait in the queue
            watched.push_back(all.start("late"));
        all.context.restart();
        all.context.poll_one();
        all.context.poll_one();
        all.context.poll_one();
        all.drop_transport();
        all.last_task.reset();
        for (auto const& each : watched)
            CHECK_FALSE(each.expired());
    }
    for (auto const& each : watched)
        CHECK(each.expired());
    CHECK(open_files() == before);
}
