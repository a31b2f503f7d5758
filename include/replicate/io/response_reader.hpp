// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IO_RESPONSE_READER_HPP
#define REPLICATE_IO_RESPONSE_READER_HPP

#include <replicate/core/request.hpp>
#include <replicate/error_code.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace replicate::io {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

/// Keeps of an answer what is used, and no more: a `http::message` with all of its fields costs twice as much.
class response_parser final : public http::basic_parser<false> {
public:
    response_parser(std::size_t header_limit_bytes, std::size_t body_limit_bytes)
        : header_limit_(header_limit_bytes)
    {
        constexpr std::size_t most = std::numeric_limits<std::uint32_t>::max();
        header_limit(static_cast<std::uint32_t>(std::min(header_limit_bytes, most)));
        body_limit(static_cast<std::uint64_t>(body_limit_bytes));
    }

    /// What was read so far.
    core::response& response() noexcept { return response_; }

    /// The body is taken away as it comes, so that no place need be kept for it, and may be of any length.
    void pass_on_body()
    {
        passed_on_ = true;
        body_limit(boost::none);
    }

    /// Also the headers that the library has no use for are wanted.
    void keep_all_headers() noexcept { all_headers_ = true; }

    /// The body may be of any length; the caller sees to it that not too much is kept.
    void keep_front() { body_limit(boost::none); }

    /// The status; 0 before the first line has come.
    unsigned status() const noexcept { return response_.status; }

    /// True where the framing was right but odd, so that the next message on this connection is not to be trusted.
    bool is_odd() const noexcept { return odd_; }

private:
    using code = beast::error_code;

    void on_request_impl(http::verb, beast::string_view, beast::string_view, int, code&) override {}

    void on_response_impl(int status, beast::string_view, int version, code& error) override
    {
        response_.status = static_cast<unsigned>(status);
        odd_ = version < 11;
        // 101 answers an Upgrade that was never asked for.
        if (status < 100 || status > 599 || status == 101)
            error = errc::malformed_response;
    }

    void on_field_impl(http::field, beast::string_view name, beast::string_view value, code& error) override
    {
        // Beast bounds what it has to see at once, not the whole header, nor what follows the last chunk.
        field_bytes_ += name.size() + value.size() + 4;
        if (field_bytes_ > header_limit_)
            error = http::error::header_limit;
        std::string lower_case_name(name.data(), name.size());
        for (char& letter : lower_case_name)
            if (letter >= 'A' && letter <= 'Z')
                letter = static_cast<char>(letter - 'A' + 'a');
        // No other coding was asked for; Beast would accept "gzip, chunked" and hand over the compressed bytes.
        if (lower_case_name == "transfer-encoding" && !beast::iequals(value, "chunked"))
            error = errc::malformed_response;
        if (lower_case_name == "content-length")
            odd_ = odd_ || std::exchange(has_length_, true) || value.find(',') != value.npos;
        if (all_headers_ || core::is_kept_header(lower_case_name))
            response_.headers.emplace_back(std::move(lower_case_name), std::string(value.data(), value.size()));
    }

    void on_header_impl(code&) override
    {
        // Such an answer has no body; a server that announces one may send it all the same.
        bool const without_body = response_.status == 204 || response_.status == 304;
        odd_ = odd_ || (without_body && (chunked() || content_length().value_or(0) > 0));
    }

    void on_body_init_impl(boost::optional<std::uint64_t> const& length, code&) override
    {
        // The length is the server's claim: reserve what an ordinary answer needs, let the rest grow.
        if (length && !passed_on_)
            response_.body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(*length, 1024 * 1024)));
    }

    std::size_t on_body_impl(beast::string_view part, code&) override
    {
        response_.body.append(part.data(), part.size());
        return part.size();
    }

    void on_chunk_header_impl(std::uint64_t, beast::string_view, code&) override {}

    std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view part, code&) override
    {
        response_.body.append(part.data(), part.size());
        return part.size();
    }

    void on_finish_impl(code&) override {}

    std::size_t header_limit_;
    std::size_t field_bytes_ = 0;
    core::response response_;
    bool has_length_ = false;
    bool odd_ = false;
    bool passed_on_ = false;
    bool all_headers_ = false;
};

/// Bytes in, one final answer out; interim answers (1xx) are passed over. Sans I/O.
class response_reader {
public:
    response_reader(std::size_t header_limit_bytes, std::size_t body_limit_bytes)
        : header_limit_(header_limit_bytes)
        , body_limit_(body_limit_bytes)
    {
        parser_.emplace(header_limit_, body_limit_);
    }

    /// The body is taken out of the answer by the caller as it comes, and may be of any length. To be said before the first byte.
    void pass_on_body()
    {
        passed_on_ = true;
        parser_->pass_on_body();
    }

    /// Keeps also the headers that the library has no use for. To be said before the first byte.
    void keep_all_headers()
    {
        all_headers_ = true;
        parser_->keep_all_headers();
    }

    /// An answer that is too large is refused only when some of it has come: all that may be, where its length was not told. To be said
    /// before the first byte.
    void keep_front()
    {
        front_kept_ = true;
        parser_->keep_front();
    }

    /// Takes what it can of the bytes that have come, and says how many. `code` is set for an answer that is not
    /// acceptable; then the connection is of no more use.
    std::size_t feed(std::string_view bytes, boost::system::error_code& code)
    {
        std::size_t taken = 0;
        while (taken < bytes.size() && !is_complete() && !must_hold_back(bytes.substr(taken))) {
            beast::error_code parse_code;
            std::size_t const used =
                parser_->put(asio::const_buffer(bytes.data() + taken, bytes.size() - taken), parse_code);
            taken += used;
            if (front_kept_ && has_header() && response().body.size() > longest_body())
                return fail(http::error::body_limit, taken, code);
            if (parse_code == http::error::need_more) {
                parse_code = judge(bytes.substr(taken));
                if (!parse_code)
                    break;
            }
            if (parse_code)
                return fail(parse_code, taken, code);
            if (parser_->is_done() && response().status < 200 && !skip_interim())
                return fail(errc::malformed_response, taken, code);
        }
        return taken;
    }

    /// The other side has ended the connection, in a way that TLS vouches for.
    void end(boost::system::error_code& code)
    {
        beast::error_code ignored;
        if (parser_->got_some())
            parser_->put_eof(ignored);
        if (!is_complete())
            code = has_begun() ? errc::truncated_response : errc::connection_lost;
    }

    /// True when the answer has come whole.
    bool is_complete() const { return parser_->is_done() && parser_->status() >= 200; }

    /// True when a byte of an answer has come.
    bool has_begun() const { return parser_->got_some() || interim_answers_ > 0; }

    /// True when the header has come whole.
    bool has_header() const { return parser_->is_header_done() && parser_->status() >= 200; }

    /// True when the connection may carry another request after this answer.
    bool may_reuse() const { return is_complete() && parser_->keep_alive() && !parser_->is_odd(); }

    /// The answer, or what has come of it.
    core::response& response() { return parser_->response(); }

private:
    /// An empty body in chunks, "0\r\n\r\n", of which Beast 1.81 sees three bytes and then four, fails an assertion there.
    bool must_hold_back(std::string_view waiting) const
    {
        return waiting == "0\r\n" && parser_->is_header_done() && parser_->chunked();
    }

    /// Refuses what the parser would wait for without end: it looks at the first line, the header of a chunk and the trailer
    /// only when they are whole.
    beast::error_code judge(std::string_view waiting)
    {
        if (response().status == 0 && !may_begin_header(waiting))
            return errc::malformed_response;
        if (waiting.size() > header_limit_)
            return http::error::header_limit;
        return {};
    }

    static bool may_begin_header(std::string_view bytes) noexcept
    {
        constexpr std::string_view start = "HTTP/1.";
        if (bytes.substr(0, start.size()) != start.substr(0, bytes.size()))
            return false;
        auto const line_end = bytes.find('\n');
        return line_end == std::string_view::npos || bytes[line_end - 1] == '\r';
    }

    std::size_t longest_body() const
    {
        constexpr std::size_t enough = 64 * 1024;
        bool const is_hopeless = parser_->content_length().value_or(0) > body_limit_;
        return is_hopeless ? std::min(body_limit_, enough) : body_limit_;
    }

    bool skip_interim()
    {
        parser_.emplace(header_limit_, body_limit_);
        if (passed_on_)
            parser_->pass_on_body();
        if (all_headers_)
            parser_->keep_all_headers();
        if (front_kept_)
            parser_->keep_front();
        return ++interim_answers_ <= 16;
    }

    static std::size_t fail(boost::system::error_code cause, std::size_t taken, boost::system::error_code& code)
    {
        if (cause == http::error::header_limit)
            code = errc::header_too_large;
        else if (cause == http::error::body_limit)
            code = errc::body_too_large;
        else
            code = errc::malformed_response;
        return taken;
    }

    std::size_t header_limit_;
    std::size_t body_limit_;
    std::optional<response_parser> parser_;
    int interim_answers_ = 0;
    bool passed_on_ = false;
    bool all_headers_ = false;
    bool front_kept_ = false;
};

} // namespace replicate::io

#endif
