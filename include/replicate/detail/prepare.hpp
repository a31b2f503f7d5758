// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_PREPARE_HPP
#define REPLICATE_DETAIL_PREPARE_HPP

#include <replicate/core/base64.hpp>
#include <replicate/core/percent_encoding.hpp>
#include <replicate/detail/upload.hpp>
#include <replicate/input.hpp>
#include <replicate/io/side_by_side.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate::detail {

/// The one who uploads the bytes of a key. Whatever ends it, those who wait for the bytes are told.
class upload_claim {
public:
    upload_claim(std::shared_ptr<client_state> client, std::string key)
        : client_(std::move(client))
        , key_(std::move(key))
    {
    }
    upload_claim(upload_claim const&) = delete;
    upload_claim& operator=(upload_claim const&) = delete;
    ~upload_claim()
    {
        if (!finished_)
            client_->uploads().fail(key_);
        client_->upload_notices().notify();
    }

    /// The service has the file.
    void finish(uploaded_file const& file, operation::clock::time_point begun)
    {
        core::known_upload known;
        known.id = file.id;
        known.url = file.url;
        client_->uploads().finish(key_, std::move(known), begun,
            core::upload_lifetime(file.created_at, file.expires_at, std::chrono::system_clock::now()));
        finished_ = true;
    }

private:
    std::shared_ptr<client_state> client_;
    std::string key_;
    bool finished_ = false;
};

/// An upload of an earlier time that stands in an input.
class used_upload {
public:
    std::string key;
    std::string id;

    used_upload(std::string its_key, std::string its_id)
        : key(std::move(its_key))
        , id(std::move(its_id))
    {
    }
};

/// The wait for a function of the user's that puts a file elsewhere.
class placing {
public:
    explicit placing(io::strand executor)
        : timer_(std::move(executor), asio::steady_timer::time_point::max())
    {
    }

    /// What the function calls, from any thread, sooner or later or never.
    static std::function<void(std::exception_ptr, std::string)> answer_to(std::shared_ptr<placing> const& waiter)
    {
        // It owns nothing of the execution context, which may be gone when it is called at last.
        return [weak = std::weak_ptr<placing>(waiter)](std::exception_ptr failure, std::string url) {
            auto const waiting = weak.lock();
            if (!waiting)
                return;
            asio::post(waiting->timer_.get_executor(), [weak, failure, url = std::move(url)]() mutable {
                if (auto const still_waiting = weak.lock())
                    still_waiting->take(failure, std::move(url));
            });
        };
    }

    /// Waits for that.
    asio::awaitable<void> wait()
    {
        boost::system::error_code ignored;
        while (!answered_)
            co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }

    std::exception_ptr failure;
    std::string url;

private:
    void take(std::exception_ptr thrown, std::string where)
    {
        if (std::exchange(answered_, true))
            return;
        failure = std::move(thrown);
        url = std::move(where);
        timer_.cancel();
    }

    asio::steady_timer timer_;
    bool answered_ = false;
};

/// Makes an input that can be sent of one that holds files: each becomes a data URI, or the URL of an upload. Lives in the frame
/// that awaits it.
class preparation {
public:
    preparation(operation& owner, input& values)
        : owner_(owner)
        , values_(values)
    {
    }

    /// Looks at all files first, so that nothing is sent where one of them cannot be; then sends them side by side.
    asio::awaitable<void> perform()
    {
        owner_.context().phase = phase::prepare;
        for (placed_file const& file : values_.files()) {
            bool const may_be_large = owner_.client().settings().files.place_large_file != nullptr;
            auto const job = std::make_shared<open_job>(file.source, may_be_large);
            co_await look_at(job, file.place);
            files_.emplace_back(file.place, file.source, job->reader->length(), job->content_type);
        }
        std::vector<asio::awaitable<void>> works;
        for (entry& file : files_)
            works.push_back(prepare(file));
        co_await io::side_by_side(owner_.client().strand(), std::move(works));
        for (entry const& file : files_)
            values_.resolve_file(file.place, file.text);
    }

    /// The uploads that were there already.
    std::vector<used_upload> const& used() const noexcept { return used_; }

private:
    struct entry {
        entry(std::string pointer, file_source file, std::uint64_t length, std::string type)
            : place(std::move(pointer))
            , source(std::move(file))
            , size(length)
            , content_type(std::move(type))
        {
        }

        std::string place;
        file_source source;
        std::uint64_t size;
        std::string content_type;
        // What is to stand in its place.
        std::string text;
    };

    asio::awaitable<void> look_at(std::shared_ptr<open_job> job, std::string place)
    {
        std::exception_ptr thrown;
        try {
            co_await off_strand(owner_, job);
        } catch (error const& refused) {
            thrown = std::make_exception_ptr(make_error(static_cast<errc>(refused.code().value()),
                "input" + place + ": " + refused.diagnostics().detail));
        }
        if (thrown)
            raise_with_context(owner_, thrown);
    }

    asio::awaitable<void> prepare(entry& file)
    {
        file_config const& settings = owner_.client().settings().files;
        bool const goes_within = settings.strategy == file_strategy::within_input
            || (settings.strategy == file_strategy::automatic && file.size <= settings.inline_bytes);
        if (file.size >= core::too_large_upload)
            co_await put_elsewhere(file);
        else if (goes_within)
            co_await put_within(file);
        else if (settings.share_uploads)
            co_await upload_shared(file);
        else
            co_await upload_alone(file);
    }

    /// Leaves a file to the function of the user's that knows a place for it.
    asio::awaitable<void> put_elsewhere(entry& file)
    {
        auto const placed = std::make_shared<placing>(owner_.client().strand());
        owner_.set_sent();
        owner_.client().settings().files.place_large_file(file.source, placing::answer_to(placed));
        co_await placed->wait();
        if (placed->failure)
            std::rethrow_exception(placed->failure);
        auto const url = core::parse_absolute_url(placed->url);
        if (!url || !url->origin.secure)
            throw_invalid_argument("input" + file.place, "config.files.place_large_file gave no https:// URL for it");
        file.text = placed->url;
    }

    /// Opens a file once more, which must be what it was when it was looked at.
    asio::awaitable<std::shared_ptr<io::file_reader>> reopen(entry& file)
    {
        auto const job = std::make_shared<open_job>(file.source);
        co_await look_at(job, file.place);
        if (job->reader->length() != file.size) {
            owner_.context().detail = "input" + file.place + ": " + job->reader->label() + " had "
                + std::to_string(file.size) + " bytes and has " + std::to_string(job->reader->length()) + " now";
            owner_.make_failure(errc::file_changed).raise();
        }
        co_return job->reader;
    }

    asio::awaitable<void> put_within(entry& file)
    {
        io::pass const turn = co_await owner_.client().upload_turns().admit();
        auto const reader = co_await reopen(file);
        auto const job = std::make_shared<read_all_job>(reader);
        co_await off_strand(owner_, job);
        std::string type = file.content_type;
        std::erase(type, ' ');
        file.text = "data:" + type + ";base64," + core::base64_encode(job->bytes);
    }

    asio::awaitable<void> upload_alone(entry& file)
    {
        io::pass const turn = co_await owner_.client().upload_turns().admit();
        uploaded_file const sent = co_await upload(file, std::string());
        file.text = sent.url;
    }

    asio::awaitable<void> upload_shared(entry& file)
    {
        client_state& client = owner_.client();
        std::string const hash = co_await hash_of(file);
        std::string const key = hash + file.content_type;
        for (;;) {
            core::upload_step const step = client.uploads().ask(key, operation::clock::now());
            if (step == core::upload_step::upload) {
                co_await upload_claimed(file, hash, key);
                co_return;
            }
            if (step == core::upload_step::use) {
                core::known_upload const& known = client.uploads().find(key);
                file.text = known.url;
                used_.emplace_back(key, known.id);
                co_return;
            }
            co_await client.upload_notices().wait();
        }
    }

    asio::awaitable<std::string> hash_of(entry& file)
    {
        io::pass const turn = co_await owner_.client().upload_turns().admit();
        auto const reader = co_await reopen(file);
        auto const job = std::make_shared<hash_job>(reader);
        co_await off_strand(owner_, job);
        co_return job->hash;
    }

    asio::awaitable<void> upload_claimed(entry& file, std::string hash, std::string key)
    {
        upload_claim claim(owner_.shared_client(), std::move(key));
        io::pass const turn = co_await owner_.client().upload_turns().admit();
        auto const begun = operation::clock::now();
        uploaded_file const sent = co_await upload(file, std::move(hash));
        file.text = sent.url;
        claim.finish(sent, begun);
    }

    asio::awaitable<uploaded_file> upload(entry& file, std::string hash)
    {
        auto const reader = co_await reopen(file);
        core::multipart_body body = make_upload_body(reader, file.source.name(), file.content_type, std::string());
        core::response const response = co_await send_file(owner_, std::move(body));
        uploaded_file sent = decode_upload(owner_, response, hash);
        if (!sent.url.starts_with("https://")) {
            owner_.context().detail = "a file without an https URL";
            owner_.make_failure(errc::unexpected_document).raise();
        }
        co_return sent;
    }

    operation& owner_;
    input& values_;
    std::vector<entry> files_;
    std::vector<used_upload> used_;
};

/// Whether the service has lost one of these uploads; those are forgotten.
inline asio::awaitable<bool> forget_lost_uploads(operation& owner, std::vector<used_upload> used)
{
    bool any = false;
    for (used_upload const& one : used) {
        call look(owner, core::request("GET", "/files/" + core::percent_encode(one.id)));
        call_result const result = co_await look.perform();
        bool const lost = result.code == condition::not_found;
        if (lost)
            owner.client().uploads().forget(one.key, one.id);
        any = any || lost;
    }
    co_return any;
}

/// Gives the input to be sent for one that holds files, and says which uploads of earlier times stand in it.
inline asio::awaitable<input> prepare_input(operation& owner, input values, std::vector<used_upload>& used)
{
    preparation work(owner, values);
    co_await work.perform();
    used = work.used();
    co_return values;
}

} // namespace replicate::detail

#endif
