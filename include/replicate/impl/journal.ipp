// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_JOURNAL_IPP
#define REPLICATE_IMPL_JOURNAL_IPP

#include <replicate/impl/journal_file.hpp>
#include <replicate/impl/waiting_record.hpp>
#include <replicate/journal.hpp>

#include <condition_variable>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

namespace replicate::detail {

/// The thread of a journal. All that waits while one write goes on is written by the next one: the disk decides how much that is.
class journal_writer {
public:
    journal_writer(std::filesystem::path const& path, journal_options const& options)
        : file_(path, options)
        , thread_([this] { run(); })
    {
    }
    journal_writer(journal_writer const&) = delete;
    journal_writer& operator=(journal_writer const&) = delete;
    ~journal_writer()
    {
        {
            std::lock_guard const lock(mutex_);
            is_ending_ = true;
        }
        wake_.notify_one();
        thread_.join();
    }

    void add(std::vector<batch_record> what, erased_handler<std::monostate> handler)
    {
        {
            std::lock_guard const lock(mutex_);
            waiting_.emplace_back(std::move(what), std::move(handler));
        }
        wake_.notify_one();
    }

    void for_each(std::function<void(batch_record const&)> const& visit)
    {
        std::lock_guard const lock(file_mutex_);
        file_.for_each(visit);
    }

    void for_each_in_order(std::function<void(batch_record const&)> const& visit)
    {
        std::lock_guard const lock(file_mutex_);
        file_.for_each_in_order(visit);
    }

    void keep_note(std::string_view name, std::string_view text)
    {
        std::lock_guard const lock(file_mutex_);
        file_.keep(note_name(name), text);
    }

    std::string note(std::string_view name)
    {
        std::lock_guard const lock(file_mutex_);
        return file_.about(note_name(name));
    }

    std::optional<std::string> owner_of(std::string_view prediction)
    {
        std::lock_guard const lock(file_mutex_);
        return file_.owner_of(prediction);
    }

    std::pair<std::uint64_t, std::uint64_t> ends()
    {
        std::lock_guard const lock(file_mutex_);
        return std::make_pair(file_.end_of("results_end"), file_.end_of("errors_end"));
    }

    std::uint64_t commits()
    {
        std::lock_guard const lock(file_mutex_);
        return commits_;
    }

private:
    static std::string note_name(std::string_view name) { return std::string("note ").append(name); }

    void run()
    {
        std::unique_lock lock(mutex_);
        for (;;) {
            wake_.wait(lock, [this] { return is_ending_ || !waiting_.empty(); });
            if (waiting_.empty())
                return;
            std::vector<waiting_record> group;
            group.swap(waiting_);
            lock.unlock();
            failure const outcome = write(group);
            for (waiting_record& each : group)
                each.complete(outcome);
            group.clear();
            lock.lock();
        }
    }

    failure write(std::vector<waiting_record> const& group)
    {
        std::lock_guard const lock(file_mutex_);
        try {
            file_.begin();
            for (waiting_record const& each : group)
                for (batch_record const& one : each.what)
                    file_.put(one);
            file_.commit();
            ++commits_;
            return failure();
        } catch (...) {
            file_.rollback();
            return failure::of_exception(std::current_exception());
        }
    }

    std::mutex file_mutex_;
    journal_file file_;
    std::uint64_t commits_ = 0;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::vector<waiting_record> waiting_;
    bool is_ending_ = false;
    std::thread thread_;
};

} // namespace replicate::detail

namespace replicate {

REPLICATE_DECL journal::journal(std::filesystem::path const& path, journal_options const& options)
    : writer_(std::make_unique<detail::journal_writer>(path, options))
{
}

REPLICATE_DECL journal::~journal() = default;

REPLICATE_DECL void journal::for_each(std::function<void(batch_record const&)> const& visit)
{
    writer_->for_each(visit);
}

REPLICATE_DECL void journal::for_each_in_order(std::function<void(batch_record const&)> const& visit)
{
    writer_->for_each_in_order(visit);
}

REPLICATE_DECL void journal::keep_note(std::string_view name, std::string_view text)
{
    writer_->keep_note(name, text);
}

REPLICATE_DECL std::string journal::note(std::string_view name)
{
    return writer_->note(name);
}

REPLICATE_DECL std::optional<std::string> journal::owner_of(std::string_view prediction)
{
    return writer_->owner_of(prediction);
}

REPLICATE_DECL std::pair<std::uint64_t, std::uint64_t> journal::ends()
{
    return writer_->ends();
}

REPLICATE_DECL std::uint64_t journal::commits() const
{
    return writer_->commits();
}

REPLICATE_DECL void journal::record(std::vector<batch_record> what, detail::erased_handler<std::monostate> handler)
{
    writer_->add(std::move(what), std::move(handler));
}

} // namespace replicate

#endif
