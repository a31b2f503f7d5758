// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/webhook.hpp>

#include "support/shared_files.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
namespace webhook = replicate::webhook;
using time_point = std::chrono::system_clock::time_point;

namespace {

std::string text_of(boost::json::value const& value)
{
    return std::string(value.as_string().data(), value.as_string().size());
}

time_point at(long long seconds)
{
    return time_point(std::chrono::seconds(seconds));
}

constexpr std::string_view secret_a = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr std::string_view id_a = "msg_p5jXN8AQM9LWM0D4loKWxJek";
constexpr std::string_view body_a = R"({"test": 2432232314})";
constexpr std::string_view signature_a = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
constexpr std::string_view decoy = "Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=";
constexpr long long sent_a = 1614265330;

constexpr std::string_view secret_b = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

webhook::headers signed_a(std::string_view signature, std::string_view timestamp = "1614265330")
{
    return webhook::headers(id_a, timestamp, signature);
}

// Checks the first example with another signature.
boost::system::error_code check_a(std::string_view signature)
{
    return webhook::check(signed_a(signature), body_a, secret_a, at(sent_a));
}

// The code of what this throws; none where it throws nothing.
template<class Function>
boost::system::error_code thrown_by(Function function, std::string& text)
{
    try {
        function();
    } catch (replicate::error const& failure) {
        text = failure.what();
        return failure.code();
    }
    return {};
}

std::string refusal_of(webhook::secrets (*make)())
{
    std::string text;
    CHECK(thrown_by(make, text) == replicate::errc::invalid_argument);
    return text;
}

constexpr std::string_view prediction_body = R"({"id":"ufawqhfynnddngldkgtslldrkq","status":"succeeded","output":"h)"
                                             "\xc3\xa9"
                                             R"(llo )"
                                             "\xf0\x9f\xa6\x99"
                                             R"("})";

} // namespace

TEST_CASE("the shared vectors of webhooks are accepted and refused as they say")
{
    std::vector<std::string> const lines = replicate::tests::read_shared_lines("vectors/webhook.jsonl");
    if (!lines.empty())
        CHECK(lines.size() >= 17);
    for (std::string const& line : lines) {
        boost::json::value const row = boost::json::parse(line);
        CAPTURE(text_of(row.at("name")));
        webhook::headers const headers(
            text_of(row.at("id")), text_of(row.at("timestamp")), text_of(row.at("signature")));
        auto const code = webhook::check(
            headers, text_of(row.at("payload")), text_of(row.at("secret")), at(row.at("now_unix").as_int64()));
        CHECK(!code == row.at("valid").as_bool());
    }
}

TEST_CASE("the published examples are accepted and signed as published")
{
    struct row {
        std::string_view secret, id, timestamp, body, signature;
    };
    row const rows[] = {
        {secret_a, id_a, "1614265330", body_a, signature_a},
        {secret_b, "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", "1649367553",
            R"({"email":"test@example.com","username":"test_user"})",
            "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw="},
        {secret_b, "msg_local_1", "1700000000", prediction_body, "v1,FG6Y/sdkvOkTa4qjL85ohf0R5vi3HiotYijXt5J/Ysk="},
        {secret_a, id_a, "1614265330", "{\"test\": 2432232314}\n", "v1,FIt3hYjPQCdyuyMOw+0dZwwjGRAx1Il4CsgdFnOmrcc="},
    };
    for (row const& one : rows) {
        CAPTURE(one.id);
        CHECK(webhook::sign(one.id, one.timestamp, one.body, one.secret) == one.signature);
        webhook::headers const headers(one.id, one.timestamp, one.signature);
        CHECK_FALSE(webhook::check(headers, one.body, one.secret, at(std::stoll(std::string(one.timestamp)))));
    }
}

TEST_CASE("a signature by the base64 text of the secret instead of its bytes is refused")
{
    webhook::headers const headers(
        "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", "1649367553", "v1,h4qX9FKaAseJeepyR4bu2aQDOFPAVQpYe6yuWRsWhwE=");
    CHECK(webhook::check(headers, R"({"email":"test@example.com","username":"test_user"})", secret_b, at(1649367553))
        == webhook::errc::wrong_signature);
}

TEST_CASE("each thing that is wrong with a signature has its own code")
{
    std::string const good(signature_a);
    CHECK_FALSE(check_a(good));
    CHECK(check_a("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA=") == webhook::errc::wrong_signature);
    CHECK(check_a("v1," + std::string(decoy)) == webhook::errc::wrong_signature);
    CHECK(check_a(good.substr(0, good.size() - 1)) == webhook::errc::wrong_signature);
    CHECK(check_a(good + "=") == webhook::errc::wrong_signature);
    CHECK(check_a("v1,") == webhook::errc::unknown_signature_version);
    CHECK(check_a("v2," + good.substr(3)) == webhook::errc::unknown_signature_version);
    CHECK(check_a("V1," + good.substr(3)) == webhook::errc::unknown_signature_version);
    CHECK(check_a("v1a," + good.substr(3)) == webhook::errc::unknown_signature_version);
    CHECK(check_a(good.substr(3)) == webhook::errc::unknown_signature_version);
    CHECK(check_a(" ") == webhook::errc::unknown_signature_version);
    CHECK(check_a("") == webhook::errc::missing_signature);
}

TEST_CASE("the good signature is found among others")
{
    std::string const good(signature_a);
    std::string const bad(decoy);
    CHECK_FALSE(check_a("v1," + bad + " v2," + bad + " " + good + " v2," + bad));
    CHECK_FALSE(check_a(
        good + " v1,bm9ldHUjKzFob2VudXRob2VodWUzMjRvdWVvdW9ldQo= v2,MzJsNDk4MzI0K2VvdSMjMTEjQEBAQDEyMzMzMzEyMwo="));
    CHECK_FALSE(check_a("  " + good + "  v1, , x"));
    CHECK(check_a("v1," + bad + "," + good) == webhook::errc::wrong_signature);
}

TEST_CASE("every byte of id, timestamp and body is signed")
{
    auto const changed = [](std::string_view text, std::size_t i) {
        std::string copy(text);
        copy[i] = static_cast<char>(copy[i] ^ 1);
        return copy;
    };
    for (std::size_t i = 0; i < body_a.size(); ++i)
        CHECK(webhook::check(signed_a(signature_a), changed(body_a, i), secret_a, at(sent_a))
            == webhook::errc::wrong_signature);
    for (std::size_t i = 0; i < id_a.size(); ++i)
        CHECK(
            webhook::check(webhook::headers(changed(id_a, i), "1614265330", signature_a), body_a, secret_a, at(sent_a))
            == webhook::errc::wrong_signature);
    CHECK(webhook::check(signed_a(signature_a, "1614265331"), body_a, secret_a, at(sent_a))
        == webhook::errc::wrong_signature);
    CHECK(webhook::check(signed_a(signature_a, "01614265330"), body_a, secret_a, at(sent_a))
        == webhook::errc::wrong_signature);
}

TEST_CASE("the time may be off by the tolerance, and not by a millisecond more")
{
    auto const check_at = [](time_point now) { return webhook::check(signed_a(signature_a), body_a, secret_a, now); };
    CHECK_FALSE(check_at(at(sent_a + 300)));
    CHECK_FALSE(check_at(at(sent_a - 300)));
    CHECK(check_at(at(sent_a + 300) + 1ms) == webhook::errc::too_old);
    CHECK(check_at(at(sent_a - 300) - 1ms) == webhook::errc::too_new);
    CHECK(check_at(at(sent_a + 301)) == webhook::errc::too_old);
    CHECK(check_at(at(sent_a - 301)) == webhook::errc::too_new);
    CHECK(check_at(time_point::max()) == webhook::errc::too_old);
    CHECK(check_at(at(0)) == webhook::errc::too_new);
}

TEST_CASE("the tolerance is the caller's to choose")
{
    auto const check_with = [](time_point now, std::chrono::seconds tolerance) {
        return webhook::check(signed_a(signature_a), body_a, secret_a, now, tolerance);
    };
    CHECK_FALSE(check_with(at(sent_a), 0s));
    CHECK(check_with(at(sent_a) + 1ms, 0s) == webhook::errc::too_old);
    CHECK(check_with(at(sent_a + 61), 60s) == webhook::errc::too_old);
    CHECK_FALSE(check_with(time_point::max(), std::chrono::seconds::max()));
    CHECK_FALSE(check_with(time_point::min(), std::chrono::seconds::max()));
}

TEST_CASE("a timestamp that is no number is said to be none")
{
    for (std::string_view timestamp : {"now", "-1614265330", "+1614265330", "1614265330.0", " 1614265330",
             "1614265330 ", "0x60378c72", "161426533000", "99999999999999999999999999"}) {
        CAPTURE(timestamp);
        CHECK(webhook::check(signed_a(signature_a, timestamp), body_a, secret_a, at(sent_a))
            == webhook::errc::malformed_timestamp);
    }
}

TEST_CASE("each missing header is named")
{
    auto const check_with = [](webhook::headers const& headers) {
        return webhook::check(headers, body_a, secret_a, at(sent_a));
    };
    CHECK(check_with(webhook::headers("", "1614265330", signature_a)) == webhook::errc::missing_id);
    CHECK(check_with(webhook::headers(id_a, "", signature_a)) == webhook::errc::missing_timestamp);
    CHECK(check_with(webhook::headers(id_a, "1614265330", "")) == webhook::errc::missing_signature);
    CHECK(check_with(webhook::headers()) == webhook::errc::missing_id);
}

TEST_CASE("any of several secrets will do")
{
    auto const check_with = [](webhook::secrets const& known) {
        return webhook::check(signed_a(signature_a), body_a, known, at(sent_a));
    };
    CHECK_FALSE(check_with({secret_a, secret_b}));
    CHECK_FALSE(check_with({secret_b, secret_a}));
    CHECK_FALSE(check_with(std::vector<std::string>{std::string(secret_b), std::string(secret_a)}));
    CHECK(check_with({secret_b, secret_b}) == webhook::errc::wrong_signature);
    CHECK(check_with(secret_b) == webhook::errc::wrong_signature);
}

TEST_CASE("a secret may lack its prefix and its padding, and have blanks around")
{
    CHECK(webhook::secrets("whsec_AAEC").keys() == std::vector<std::string>{{'\0', '\1', '\2'}});
    CHECK(webhook::secrets("AAEC").keys() == webhook::secrets(std::string(" \twhsec_AAEC\r\n")).keys());
    CHECK(webhook::secrets("whsec_YQ==").keys() == std::vector<std::string>{"a"});
    CHECK(webhook::secrets("whsec_YQ").keys() == std::vector<std::string>{"a"});
}

TEST_CASE("a secret that is empty or malformed is refused without being shown")
{
    std::string const empty =
        "invalid argument: webhook secret: it is empty, so that anybody could sign; give the key of GET "
        "/webhooks/default/secret";
    CHECK(refusal_of([] { return webhook::secrets(""); }) == empty);
    CHECK(refusal_of([] { return webhook::secrets(nullptr); }) == empty);
    CHECK(refusal_of([] { return webhook::secrets("whsec_"); }) == empty);
    CHECK(refusal_of([] { return webhook::secrets(" \n"); }) == empty);
    CHECK(refusal_of([] { return webhook::secrets{secret_a, ""}; }) == empty);
    std::string const malformed = "invalid argument: webhook secret: it is not 'whsec_' followed by base64";
    CHECK(refusal_of([] { return webhook::secrets("whsec_%%%%"); }) == malformed);
    CHECK(refusal_of([] {
        return webhook::secrets("whsec_AAE="
                                "=");
    }) == malformed);
    CHECK(refusal_of([] { return webhook::secrets(std::vector<std::string>()); }).find("there is none")
        != std::string::npos);
}

TEST_CASE("the headers are found among those of a request, in any case")
{
    std::vector<std::pair<std::string, std::string>> const fields = {{"Content-Type", "application/json"},
        {"Webhook-Id", "a"}, {"WEBHOOK-TIMESTAMP", "1"}, {"webhook-signature", "v1,x"}, {"webhook-id", "b"},
        {"Webhook-Signature", "v1,y"}, {"webhook-id-2", "c"}};
    webhook::headers const found = webhook::headers::from(fields);
    CHECK(found.id() == "a");
    CHECK(found.timestamp() == "1");
    CHECK(found.signature() == "v1,x v1,y");
    CHECK(webhook::headers::from(std::map<std::string, std::string>()).id() == "");
}

TEST_CASE("the headers are found among fields as Beast has them")
{
    struct field {
        std::string_view name, text;
        std::string_view name_string() const { return name; }
        std::string_view value() const { return text; }
    };
    std::array<field, 3> const fields = {
        field{"Webhook-Id", "a"}, field{"Webhook-Timestamp", "1"}, field{"Webhook-Signature", "v1,x"}};
    webhook::headers const found = webhook::headers::from(fields);
    CHECK(found.id() == "a");
    CHECK(found.timestamp() == "1");
    CHECK(found.signature() == "v1,x");
}

TEST_CASE("verify throws what is wrong, and names the webhook without what a terminal acts upon")
{
    std::string text;
    auto const code = thrown_by(
        [] {
            webhook::verify(webhook::headers("msg\x1b[2J\n1", "1614265330", signature_a), body_a, secret_a, at(sent_a));
        },
        text);
    CHECK(code == webhook::errc::wrong_signature);
    CHECK(text == "no signature of the webhook fits: webhook-id 'msg [2J 1'");
    CHECK_FALSE(thrown_by([] { webhook::verify(signed_a(signature_a), body_a, secret_a, at(sent_a)); }, text));
}

TEST_CASE("parse verifies a webhook and gives its prediction")
{
    webhook::headers const headers("msg_local_1", "1700000000", "v1,FG6Y/sdkvOkTa4qjL85ohf0R5vi3HiotYijXt5J/Ysk=");
    replicate::prediction const read = webhook::parse(headers, prediction_body, secret_b, at(1700000000));
    CHECK(read.id == "ufawqhfynnddngldkgtslldrkq");
    CHECK(read.status == replicate::prediction_status::succeeded);
    CHECK(read.output() == boost::json::value("h\xc3\xa9llo \xf0\x9f\xa6\x99"));
    std::string text;
    CHECK(thrown_by([&] { webhook::parse(headers, prediction_body, secret_a, at(1700000000)); }, text)
        == webhook::errc::wrong_signature);
    CHECK(thrown_by([&] { webhook::parse(headers, prediction_body, secret_b, at(1700000301)); }, text)
        == webhook::errc::too_old);
}

TEST_CASE("a signed body that is no prediction is refused as what it is")
{
    auto const code_of = [](std::string_view body) {
        webhook::headers const headers("msg_1", "1700000000", webhook::sign("msg_1", "1700000000", body, secret_b));
        std::string text;
        return thrown_by([&] { webhook::parse(headers, body, secret_b, at(1700000000)); }, text);
    };
    CHECK(code_of("") == replicate::errc::unexpected_content);
    CHECK(code_of("{\"id\":") == replicate::errc::unexpected_content);
    CHECK(code_of("[]") == replicate::errc::unexpected_document);
    CHECK(code_of("{}") == replicate::errc::unexpected_document);
}

TEST_CASE("every code has a text of its own")
{
    std::map<std::string, int> texts;
    for (int value = 1; value <= static_cast<int>(webhook::errc::unavailable); ++value)
        ++texts[webhook::error_category().message(value)];
    CHECK(texts.size() == static_cast<std::size_t>(webhook::errc::unavailable));
    CHECK(texts.count("unknown error") == 0);
    CHECK(std::string(webhook::error_category().name()) == "replicate.webhook");
}
