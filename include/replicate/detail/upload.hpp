// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_UPLOAD_HPP
#define REPLICATE_DETAIL_UPLOAD_HPP

#include <replicate/catalog.hpp>
#include <replicate/core/json_document.hpp>
#include <replicate/core/multipart.hpp>
#include <replicate/detail/call.hpp>
#include <replicate/file_options.hpp>
#include <replicate/input.hpp>
#include <replicate/io/body.hpp>
#include <replicate/io/file_reader.hpp>
#include <replicate/io/file_threads.hpp>
#include <replicate/run_options.hpp>

#include <boost/json/serialize.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <utility>

namespace replicate::detail {

/// Waits for a job beside the strand.
inline asio::awaitable<void> off_strand(operation& owner, std::shared_ptr<io::file_job> job)
{
    return io::perform_job(owner.client().file_threads(), owner.client().strand(), std::move(job));
}

/// A multipart body whose bytes are read beside the strand, never more than what goes into one write.
class multipart_source final : public io::body_source {
public:
    multipart_source(operation& owner, core::multipart_body body)
        : owner_(owner)
        , size_(body.length())
        , content_(std::make_shared<content>(std::move(body)))
    {
    }

    std::uint64_t size() const override { return size_; }

    void rewind() override { rewound_ = true; }

    asio::awaitable<std::size_t> read(asio::mutable_buffer target) override
    {
        auto const job = std::make_shared<read_job>(content_, target.size(), std::exchange(rewound_, false));
        co_await off_strand(owner_, job);
        std::memcpy(target.data(), job->bytes.data(), job->bytes.size());
        co_return job->bytes.size();
    }

private:
    struct content {
        explicit content(core::multipart_body given)
            : body(std::move(given))
        {
        }

        // A read whose waiter has gone may still be under way when the body is sent again.
        std::mutex mutex;
        core::multipart_body body;
    };

    class read_job final : public io::file_job {
    public:
        read_job(std::shared_ptr<content> from, std::size_t size, bool at_front)
            : bytes(size, '\0')
            , from_(std::move(from))
            , at_front_(at_front)
        {
        }

        std::string bytes;

    private:
        void work() override
        {
            std::lock_guard const lock(from_->mutex);
            check_stopped();
            if (at_front_)
                from_->body.rewind();
            bytes.resize(from_->body.read(bytes.data(), bytes.size(), [this] { return is_stopped(); }));
        }

        std::shared_ptr<content> from_;
        bool at_front_;
    };

    operation& owner_;
    std::uint64_t size_;
    std::shared_ptr<content> content_;
    bool rewound_ = false;
};

/// Opens a file and looks at it.
class open_job final : public io::file_job {
public:
    explicit open_job(file_source source, bool may_be_large = false)
        : source_(std::move(source))
        , may_be_large_(may_be_large)
    {
    }

    std::shared_ptr<io::file_reader> reader;
    std::string content_type;

private:
    void work() override
    {
        auto const opened = std::make_shared<io::file_reader>(source_);
        if (!may_be_large_)
            opened->check_size();
        content_type = opened->content_type();
        reader = opened;
    }

    file_source source_;
    bool may_be_large_;
};

/// Hashes a file.
class hash_job final : public io::file_job {
public:
    explicit hash_job(std::shared_ptr<io::file_reader> reader)
        : reader_(std::move(reader))
    {
    }

    std::string hash;

private:
    void work() override
    {
        hash = reader_->hash([this] { check_stopped(); });
    }

    std::shared_ptr<io::file_reader> reader_;
};

/// Reads all of a file.
class read_all_job final : public io::file_job {
public:
    explicit read_all_job(std::shared_ptr<io::file_reader> reader)
        : reader_(std::move(reader))
    {
    }

    std::string bytes;

private:
    void work() override
    {
        bytes = reader_->read_all([this] { check_stopped(); });
    }

    std::shared_ptr<io::file_reader> reader_;
};

/// Throws what a file has been refused for, with what the operation knows besides; anything else as it is.
[[noreturn]] inline void raise_with_context(operation& owner, std::exception_ptr thrown)
{
    try {
        std::rethrow_exception(std::move(thrown));
    } catch (error const& refused) {
        owner.context().detail = refused.diagnostics().detail;
        owner.context().problem = {};
        owner.make_failure(refused.code()).raise();
    }
}

/// The body of an upload: the file, and what its uploader says about it as a part of its own (http-api 5.1).
inline core::multipart_body make_upload_body(
    std::shared_ptr<io::file_reader> reader, std::string const& name, std::string const& type, std::string const& metadata)
{
    std::random_device random;
    std::string bytes;
    for (int i = 0; i < 16; ++i)
        bytes += static_cast<char>(random());
    core::multipart_body body(core::multipart_boundary(bytes));
    std::uint64_t const length = reader->length();
    body.add_file("content", name, type, length,
        [reader = std::move(reader)](
            std::uint64_t offset, char* target, std::size_t size) { return reader->read(offset, target, size); });
    if (!metadata.empty())
        body.add_field("metadata", metadata, "application/json");
    return body;
}

/// Sends a file that is open. Repeated when its answer was lost: an upload costs nothing.
inline asio::awaitable<core::response> send_file(operation& owner, core::multipart_body body)
{
    core::request what("POST", "/files");
    what.content_type = body.content_type();
    call sending(owner, std::move(what));
    sending.upload(std::make_shared<multipart_source>(owner, std::move(body)));
    call_result result;
    std::exception_ptr thrown;
    try {
        result = co_await sending.perform();
    } catch (error const&) {
        thrown = std::current_exception();
    }
    if (thrown)
        raise_with_context(owner, thrown);
    if (result.code)
        owner.make_failure(result.code).raise();
    co_return std::move(result.response);
}

/// What the service says about a file that it has just got. `hash`: 32 raw bytes, or empty where it is not known here.
inline uploaded_file decode_upload(operation& owner, core::response const& response, std::string const& hash)
{
    auto document = core::parse_document(response.body);
    if (!document)
        owner.make_failure(document.error()).raise();
    uploaded_file file;
    try {
        file = uploaded_file::from_json(std::move(*document));
    } catch (error const&) {
        raise_with_context(owner, std::current_exception());
    }
    if (!hash.empty() && !file.sha256.empty() && file.sha256 != core::hex(hash)) {
        owner.context().detail = replicate::detail::quoted(file.name) + " was changed while it was sent: what has come has another hash";
        owner.make_failure(errc::file_changed).raise();
    }
    file.set_meta(owner.meta_of(response));
    return file;
}

/// The body of `files().async_create`.
inline asio::awaitable<uploaded_file> upload_body(operation& owner, file_source file, upload_options options)
{
    check_timeout(options.timeout);
    if (!options.metadata.is_null() && !options.metadata.is_object())
        throw_invalid_argument("options.metadata", "must be a JSON object");
    if (json_fault const fault = find_json_fault(options.metadata); !fault.reason.empty())
        throw_invalid_argument("options.metadata" + fault.place, fault.reason);
    std::string metadata;
    if (options.metadata.is_object())
        metadata = json::serialize(options.metadata);
    std::string const name = file.name();
    io::pass const turn = co_await owner.client().upload_turns().admit();
    auto const job = std::make_shared<open_job>(std::move(file));
    co_await off_strand(owner, job);
    core::multipart_body body = make_upload_body(job->reader, name, job->content_type, metadata);
    core::response const response = co_await send_file(owner, std::move(body));
    co_return decode_upload(owner, response, std::string());
}

} // namespace replicate::detail

#endif
