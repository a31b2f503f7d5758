// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_SEEN_PREDICTION_HPP
#define REPLICATE_DETAIL_SEEN_PREDICTION_HPP

#include <replicate/core/json_document.hpp>
#include <replicate/prediction.hpp>

#include <memory>
#include <string>
#include <utility>

namespace replicate::detail {

/// A prediction as it was seen last, if it was. While nobody looks at it, it can be put away: then it is the text alone that it was read
/// from, which is a fifth of it.
class seen_prediction {
public:
    /// None.
    seen_prediction() = default;

    /// It was seen. `text`: what it was read from; empty where there is no such thing.
    void set(prediction seen, std::string text)
    {
        known_ = std::make_shared<prediction const>(std::move(seen));
        text_ = std::move(text);
    }

    /// True where there is one, and it is not put away.
    explicit operator bool() const noexcept { return known_ != nullptr; }

    /// It. Precondition: it is there.
    prediction const& operator*() const noexcept { return *known_; }
    prediction const* operator->() const noexcept { return known_.get(); }

    /// It, for others too; null where it is not there.
    std::shared_ptr<prediction const> const& shared() const noexcept { return known_; }

    /// Keeps the text alone, where there is one. Precondition: it is there.
    void put_away()
    {
        if (text_.empty())
            return;
        text_.shrink_to_fit();
        meta_ = known_->meta();
        known_.reset();
    }

    /// It is there again.
    void take_out()
    {
        if (known_)
            return;
        prediction told = prediction::from_json(core::parse_document(text_).value());
        told.set_meta(std::move(meta_));
        known_ = std::make_shared<prediction const>(std::move(told));
    }

private:
    std::shared_ptr<prediction const> known_;
    std::string text_;
    response_meta meta_;
};

} // namespace replicate::detail

#endif
