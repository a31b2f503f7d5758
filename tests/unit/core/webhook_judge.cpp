// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/webhook_judge.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>

namespace {

using namespace std::chrono_literals;
using replicate::core::query_member;
using replicate::core::webhook_judge;
using replicate::core::webhook_request;
using time_point = std::chrono::system_clock::time_point;

replicate::webhook::secrets const secret("whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0");
time_point const now(1'700'000'000s);

webhook_request made(std::string id, std::string body, std::chrono::seconds age = 0s)
{
    auto const sent = std::to_string((now - age).time_since_epoch() / 1s);
    webhook_request request;
    request.method = "POST";
    request.target = "/hook?a=1";
    request.headers = replicate::webhook::headers(id, sent, replicate::webhook::sign(id, sent, body, secret));
    request.body = std::move(body);
    return request;
}

constexpr char const* ended = R"({"id":"abc","status":"succeeded","urls":{"get":"https://api/v1/predictions/abc"}})";

} // namespace

TEST_CASE("a webhook that is signed is taken, once")
{
    webhook_judge judge(300s);
    auto ruling = judge.look_at(made("msg_1", ended), secret, now);
    CHECK(ruling.status == 200);
    REQUIRE(ruling.delivery);
    CHECK(ruling.delivery->id == "msg_1");
    CHECK(ruling.delivery->sent_at == now);
    CHECK(ruling.delivery->target == "/hook?a=1");
    CHECK(ruling.delivery->prediction.id == "abc");
    CHECK_FALSE(ruling.delivery->training);
    ruling = judge.look_at(made("msg_1", ended), secret, now);
    CHECK(ruling.status == 200);
    CHECK_FALSE(ruling.delivery);
    judge.forget("msg_1");
    CHECK(judge.look_at(made("msg_1", ended), secret, now).delivery);
}

TEST_CASE("a webhook of a training brings the training")
{
    webhook_judge judge(300s);
    auto const ruling = judge.look_at(
        made("msg_1", R"({"id":"t","status":"succeeded","output":{"version":"a/b:c"},"urls":{"get":"https://api/v1/trainings/t"}})"),
        secret, now);
    REQUIRE(ruling.delivery);
    REQUIRE(ruling.delivery->training);
    CHECK(ruling.delivery->training->trained_version == "a/b:c");
}

TEST_CASE("what is not from the service, or old, is refused and not remembered")
{
    webhook_judge judge(300s);
    auto forged = made("msg_1", ended);
    forged.body += " ";
    auto ruling = judge.look_at(forged, secret, now);
    CHECK(ruling.status == 401);
    CHECK(ruling.wrong_signature);
    CHECK(judge.look_at(made("msg_1", ended, 301s), secret, now).status == 401);
    CHECK(judge.look_at(made("msg_1", ended, -301s), secret, now).status == 401);
    CHECK_FALSE(judge.look_at(made("msg_1", ended, 301s), secret, now).wrong_signature);
    webhook_request unsigned_one = made("msg_1", ended);
    unsigned_one.headers = replicate::webhook::headers("msg_1", "1700000000", "");
    CHECK(judge.look_at(unsigned_one, secret, now).status == 400);
    unsigned_one.headers = replicate::webhook::headers("msg_1", "yesterday", "v1,x");
    CHECK(judge.look_at(unsigned_one, secret, now).status == 400);
    webhook_request asked = made("msg_1", ended);
    asked.method = "GET";
    CHECK(judge.look_at(asked, secret, now).status == 405);
    for (char const* body : {"", "[]", "{}", "{\"id\":7}", "nonsense"})
        CHECK(judge.look_at(made("msg_1", body), secret, now).status == 400);
    CHECK(judge.look_at(made("msg_1", ended), secret, now).delivery);
}

TEST_CASE("any of several secrets may sign")
{
    webhook_judge judge(300s);
    replicate::webhook::secrets const two({"bmV3bmV3bmV3bmV3bmV3bmV3", "whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"});
    CHECK(judge.look_at(made("msg_1", ended), two, now).delivery);
}

TEST_CASE("a member of a query is found by its whole name")
{
    CHECK(query_member("/a?run=x", "run") == "x");
    CHECK(query_member("/a?brun=x&run=y&z=1", "run") == "y");
    CHECK(query_member("/a?runner=x", "run") == "");
    CHECK(query_member("/a?run", "run") == "");
    CHECK(query_member("/a", "run") == "");
    CHECK(query_member("/a?&&run=", "run") == "");
}
