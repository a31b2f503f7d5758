// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// The cores of the local server: what they decide without a network and without a clock.

#include <replicate/impl/testing/create_request.hpp>
#include <replicate/impl/testing/fault_plan.hpp>
#include <replicate/impl/testing/file_shelf.hpp>
#include <replicate/impl/testing/png.hpp>
#include <replicate/impl/testing/prediction_book.hpp>
#include <replicate/impl/testing/prediction_text.hpp>
#include <replicate/impl/testing/rate_gate.hpp>
#include <replicate/impl/testing/target.hpp>
#include <replicate/impl/testing/wire.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace replicate::testing;
using namespace replicate::testing::detail;

namespace {

constexpr std::chrono::steady_clock::time_point start{};

moment at(std::chrono::steady_clock::duration time)
{
    return moment(start + time, std::chrono::system_clock::time_point(1'700'000'000s) + time);
}

prediction_record record_of(std::string id, std::chrono::steady_clock::duration time)
{
    prediction_record record;
    record.id = std::move(id);
    record.created = at(time);
    return record;
}

} // namespace

TEST_CASE("a preference to wait is found among others, and capped at a minute")
{
    CHECK(parse_prefer("wait")->time == 60s);
    CHECK(parse_prefer("wait=1")->time == 1s);
    CHECK(parse_prefer("wait=61")->time == 60s);
    CHECK(parse_prefer("respond-async , wait=7 ")->text == "wait=7");
    for (char const* const none : {"", ",", "wait=", "wait=0", "wait=1.5", "wait=-1", "wait=1x", "return=minimal"})
        CHECK_FALSE(parse_prefer(none).has_value());
}

TEST_CASE("Cancel-After is a duration in any mixture of hours, minutes and seconds")
{
    CHECK(parse_cancel_after("90") == 90s);
    CHECK(parse_cancel_after("90s") == 90s);
    CHECK(parse_cancel_after("5m") == 300s);
    CHECK(parse_cancel_after("1h30m45s") == 5445s);
    CHECK(parse_cancel_after("2h30m") == 9000s);
    for (char const* const none : {"", "s", "-1", "1d", "1.5h", "1 h", "h1", "99999999999s"})
        CHECK_FALSE(parse_cancel_after(none).has_value());
}

TEST_CASE("a bucket lets its burst through, then as many as it refills")
{
    token_bucket bucket(60, 2);
    CHECK(bucket.take(start));
    CHECK(bucket.take(start));
    CHECK_FALSE(bucket.take(start));
    CHECK(bucket.seconds_to_next() == 1);
    CHECK(bucket.seconds_to_full() == 2);
    CHECK_FALSE(bucket.take(start + 999ms));
    CHECK(bucket.take(start + 1000ms));
    CHECK_FALSE(bucket.take(start + 1001ms));
    CHECK(bucket.take(start + 1h));
    CHECK(bucket.remaining() == 1);
}

TEST_CASE("with low credit a try that comes too early starts the wait anew")
{
    rate_options options;
    options.low_credit = true;
    rate_gate gate(options);
    CHECK_FALSE(gate.admit(bucket::create, start).refusal.has_value());
    CHECK(gate.admit(bucket::create, start + 9s).refusal.has_value());
    CHECK(gate.admit(bucket::create, start + 11s).refusal.has_value());
    CHECK_FALSE(gate.admit(bucket::create, start + 21s).refusal.has_value());
    CHECK_FALSE(gate.admit(bucket::get, start).refusal.has_value());
    CHECK(gate.admit(bucket::none, start).headers.empty());
}

TEST_CASE("a range header names a part of a file, or the whole where it is none")
{
    class row {
    public:
        char const* header;
        std::size_t begin, end;
    };
    for (row const& each : {row{"bytes=0-0", 0, 1}, row{"bytes=2-", 2, 10}, row{"bytes=-4", 6, 10},
             row{"bytes=-99", 0, 10}, row{"bytes=3-99", 3, 10}, row{"bytes=9-9", 9, 10}, row{"bytes=12-14", 12, 10}}) {
        CAPTURE(each.header);
        auto const range = parse_range(each.header, 10);
        REQUIRE(range.has_value());
        CHECK(range->begin == each.begin);
        CHECK(range->end == each.end);
    }
    for (char const* const whole : {"", "bytes", "bytes=", "bytes=-", "bytes=a-b", "lines=1-2", "bytes=0-1,3-4"})
        CHECK_FALSE(parse_range(whole, 10).has_value());
}

TEST_CASE("paths are split before they are decoded")
{
    CHECK(split_path("/a/b%2Fc/") == std::vector<std::string_view>{"a", "b%2Fc", ""});
    CHECK(percent_decode("b%2Fc%zz%4") == "b/c%zz%4");
    CHECK(query_value("a=1&b=%20x&c", "b") == " x");
    CHECK(query_value("a=1&b=%20x&c", "c") == "");
    CHECK_FALSE(query_value("ab=1", "a").has_value());
    CHECK_FALSE(query_value("", "a").has_value());
}

TEST_CASE("the two back ends order the members of an input differently")
{
    json::value const input = json::parse(R"({"seed":1,"prompt":"x","a":[{"bb":1,"c":[]}],"width":{}})");
    CHECK(gateway_order(input) == R"({"a":[{"bb":1,"c":[]}],"prompt":"x","seed":1,"width":{}})");
    CHECK(web_order(input) == R"({"a":[{"c":[],"bb":1}],"seed":1,"width":{},"prompt":"x"})");
}

TEST_CASE("marks are replaced wherever they stand, and only where there is such a file")
{
    json::value value =
        json::array{script::file_mark(1), json::object{{"x", script::file_mark(0)}}, "text", script::file_mark(7)};
    replace_marks(value, {"zero", "one"});
    CHECK(value == json::value(json::array{"one", json::object{{"x", "zero"}}, "text", script::file_mark(7)}));
}

TEST_CASE("pages of the book go from new to old and stay where they are")
{
    prediction_book book;
    for (int i = 0; i < 10; ++i)
        book.add(record_of(std::to_string(i), std::chrono::seconds(i)));
    auto const newest = std::numeric_limits<std::size_t>::max();
    auto const ever = std::chrono::system_clock::time_point::min();
    auto const never = std::chrono::system_clock::time_point::max();
    auto const ids = [](auto const& page) {
        std::string text;
        for (auto const& [position, record] : page)
            text += record->id;
        return text;
    };
    CHECK(ids(book.page(newest, 3, ever, never)) == "987");
    CHECK(ids(book.page(6, 3, ever, never)) == "654");
    CHECK(ids(book.page(1, 3, ever, never)) == "10");
    CHECK(ids(book.page(newest, 99, at(3s).system, at(6s).system)) == "543");
    CHECK(ids(book.page(4, 99, at(3s).system, at(6s).system)) == "43");
    CHECK(ids(book.page(newest, 99, ever, at(0s).system)).empty());
    CHECK(book.find("10") == nullptr);
    book.update("4", [](prediction_record& record) { record.data_removed = true; });
    CHECK(book.find("4")->data_removed);
}

TEST_CASE("a deadline and a cancel: the first of them counts")
{
    prediction_record record = record_of("x", 0s);
    record.life = script().boot(1s).never_ends();
    record.deadline = 5s;
    CHECK(record.finish() == start + 5s);
    CHECK(record.at(start + 6s).completed == std::chrono::steady_clock::duration(5s));
    record.ended = early_end(3s, early_end::reason::cancel);
    CHECK(record.finish() == start + 3s);
    record.ended = early_end(7s, early_end::reason::cancel);
    CHECK(record.finish() == start + 5s);
}

TEST_CASE("an answer is written in three framings, and without a body where there is none")
{
    reply const made(200, "body");
    std::string const by_length = to_bytes(made, answer_framing::content_length, false, true, "now");
    CHECK(by_length
        == "HTTP/1.1 200 OK\r\ndate: now\r\ncontent-type: application/json\r\nconnection: keep-alive\r\n"
           "content-length: 4\r\n\r\nbody");
    CHECK(to_bytes(made, answer_framing::chunked, false, true, "now").ends_with("\r\n\r\n4\r\nbody\r\n0\r\n\r\n"));
    CHECK(to_bytes(made, answer_framing::connection_close, false, true, "now").find("connection: close")
        != std::string::npos);
    CHECK(to_bytes(made, answer_framing::content_length, true, false, "now").ends_with("content-length: 4\r\n\r\n"));
    CHECK(to_bytes(reply(204, ""), answer_framing::content_length, false, true, "now").find("length")
        == std::string::npos);
}

TEST_CASE("the checksums of a PNG are the known ones, and its blocks hold all rows")
{
    CHECK(crc32("123456789") == 0xcbf43926U);
    CHECK(adler32("Wikipedia") == 0x11e60398U);
    std::string const large(200'000, '\xff');
    std::string const stored = store_as_zlib(large);
    // Four blocks with five bytes of header each, two bytes before and four after.
    CHECK(stored.size() == large.size() + 4 * 5 + 6);
    CHECK(store_as_zlib("").size() == 11);
    std::string const png = to_png(paint_waves(std::string(16, 'a'), 3, 2));
    CHECK(png.size() == 8 + (12 + 13) + (12 + 768) + (12 + 6 + 5 + 2 * (3 + 1)) + 12);
    CHECK(png.ends_with(std::string("IEND\xae\x42\x60\x82")));
}

TEST_CASE("a plan gives its faults in order, and the general ones to every kind but connections")
{
    fault_plan plan;
    auto const rule = [&](fault_rule::scope scope, operation kind, unsigned status) {
        auto made = std::make_shared<fault_rule>(scope, kind);
        plan.update(made, [&](fault_rule& changed) { changed.described.answer_status = status; });
        return made;
    };
    auto const take = [&](operation kind) {
        recorded_request request;
        request.operation = kind;
        auto const found = plan.take(request);
        return found ? found->answer_status : 0;
    };
    rule(fault_rule::scope::next, operation::any, 1);
    rule(fault_rule::scope::next, operation::get, 2);
    rule(fault_rule::scope::always, operation::connection, 3);
    CHECK(take(operation::connection) == 3);
    CHECK(take(operation::get) == 1);
    CHECK(take(operation::create) == 0);
    CHECK(take(operation::get) == 2);
    CHECK(take(operation::get) == 0);
    CHECK(take(operation::connection) == 3);
    plan.clear();
    CHECK(take(operation::connection) == 0);
}

TEST_CASE("the words of a fault say what it consists of")
{
    using kind = fault_description::kind;
    fault_description const busy = fault().delay(2s).status(503, "x").description();
    CHECK(busy.what == kind::status);
    CHECK(busy.wait == 2s);
    CHECK_FALSE(busy.carried_out);
    CHECK(fault().status(500).carried_out().description().carried_out);
    CHECK(fault().drop_after_request().description().carried_out);
    CHECK_FALSE(fault().drop_after_request().not_carried_out().description().carried_out);
    CHECK_FALSE(fault().drop_before_request().description().carried_out);
    CHECK(fault().cut_answer(5).description().amount == 5);
    CHECK(fault().reset_after_request().never_answer().description().what == kind::never_answer);
}
