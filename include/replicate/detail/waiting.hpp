// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_WAITING_HPP
#define REPLICATE_DETAIL_WAITING_HPP

#include <replicate/detail/question.hpp>
#include <replicate/error.hpp>
#include <replicate/identifier.hpp>
#include <replicate/prediction.hpp>
#include <replicate/run_options.hpp>

#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

// Operations that wait for the end of what exists already cross the wall as a question that is asked again and again.

namespace replicate::detail {

/// What there is to know, besides its question, of something that is waited for. Used as its question is.
class waiting {
public:
    waiting() = default;
    waiting(waiting const&) = delete;
    waiting& operator=(waiting const&) = delete;
    virtual ~waiting() = default;

    /// The question.
    virtual question& look() noexcept = 0;

    /// How it stood when it was looked at last.
    virtual prediction_status status() const noexcept = 0;

    /// The request that cancels it.
    virtual core::request cancellation() const = 0;

    /// The prediction as it was seen last, for failures; null where it is none.
    virtual std::shared_ptr<prediction const> seen() const { return nullptr; }
};

/// The question for a T by its id, until that has ended. `Look(id)` and `Cancel(id)` make the requests.
template<class T, auto Look, auto Cancel>
class waiting_question final : public question_for<T>, public waiting {
public:
    explicit waiting_question(std::string id)
        : id_(std::move(id))
    {
    }

    std::optional<core::request> ask(core::page_links const&) override { return Look(id_); }

    void answer(core::response response, response_meta meta) override
    {
        T seen = read_answer<T>(std::move(response), std::move(meta));
        if (seen.id != id_)
            throw make_error(errc::unexpected_document, "what came is " + detail::quoted(seen.id));
        this->result_ = std::move(seen);
    }

    question& look() noexcept override { return *this; }

    prediction_status status() const noexcept override { return this->result_.status; }

    core::request cancellation() const override { return Cancel(id_); }

    std::shared_ptr<prediction const> seen() const override
    {
        if constexpr (std::same_as<T, prediction>)
            return std::make_shared<prediction const>(this->result_);
        else
            return nullptr;
    }

private:
    std::string id_;
};

/// Waits behind the wall. Every outcome completes the handler, once.
void start_wait(std::shared_ptr<client_state> client, std::shared_ptr<waiting> what, wait_options options,
    erased_handler<std::monostate> handler);

/// What `initiate` calls for an operation that waits for a T.
template<class T, auto Look, auto Cancel>
class waiting_start {
public:
    static constexpr bool wants_executor = false;

    waiting_start(std::shared_ptr<client_state> client, std::string id)
        : client_(std::move(client))
        , id_(std::move(id))
    {
    }

    void operator()(wait_options options, erased_handler<T> handler)
    {
        auto what = std::make_shared<waiting_question<T, Look, Cancel>>(std::move(id_));
        question_handler<T> taker(std::move(handler), what);
        start_wait(std::move(client_), std::move(what), options, erased_handler<std::monostate>(std::move(taker)));
    }

private:
    std::shared_ptr<client_state> client_;
    std::string id_;
};

} // namespace replicate::detail

#endif
