// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/detail/upload.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <future>
#include <memory>

namespace {

using namespace replicate;
using namespace std::chrono_literals;
namespace asio = boost::asio;

// A content whose first piece waits until it is let go, and which counts the pieces that are asked for.
class held_content {
public:
    std::atomic<int> pieces = 0;
    std::promise<void> begun;
    std::promise<void> release;

    std::shared_ptr<io::file_reader> reader(std::uint64_t length)
    {
        pull_function pull = [this, freed = release.get_future().share()](std::uint64_t, char*, std::size_t size) {
            if (++pieces == 1) {
                begun.set_value();
                freed.wait();
            }
            return size;
        };
        return std::make_shared<io::file_reader>(file_source::from_reader(length, std::move(pull)));
    }
};

void start(asio::io_context& context, std::shared_ptr<io::file_job> job, asio::cancellation_slot slot, bool& ended)
{
    auto const where = asio::make_strand(asio::any_io_executor(context.get_executor()));
    asio::co_spawn(where, io::perform_job(asio::use_service<io::file_threads>(context), where, std::move(job)),
        asio::bind_cancellation_slot(slot, [&ended](std::exception_ptr) { ended = true; }));
}

void run_until_begun(asio::io_context& context, held_content& content)
{
    auto begun = content.begun.get_future();
    while (begun.wait_for(0s) != std::future_status::ready)
        context.run_one_for(1ms);
}

} // namespace

TEST_CASE("the reading of a file whose call has gone ends with the piece that it is at")
{
    constexpr std::uint64_t length = 64 * 1024 * 1024;
    held_content content;
    std::shared_ptr<io::file_job> job;
    SUBCASE("for its hash")
    {
        job = std::make_shared<detail::hash_job>(content.reader(length));
    }
    SUBCASE("for its bytes")
    {
        job = std::make_shared<detail::read_all_job>(content.reader(length));
    }
    bool ended = false;
    {
        asio::io_context context;
        asio::cancellation_signal signal;
        start(context, job, signal.slot(), ended);
        run_until_begun(context, content);
        signal.emit(asio::cancellation_type::terminal);
        context.run();
        CHECK(ended);
        content.release.set_value();
    }
    CHECK(content.pieces == 1);
}

TEST_CASE("the end of a context does not wait until a file has been read whole")
{
    // So much that it would take minutes.
    constexpr std::uint64_t length = std::uint64_t(1) << 37;
    held_content content;
    content.release.set_value();
    bool ended = false;
    {
        asio::io_context context;
        start(context, std::make_shared<detail::hash_job>(content.reader(length)), asio::cancellation_slot(), ended);
        run_until_begun(context, content);
    }
    CHECK_FALSE(ended);
    CHECK(content.pieces < static_cast<int>(length / (64 * 1024)));
}
