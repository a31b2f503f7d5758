// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_BATCH_RECONCILIATION_HPP
#define REPLICATE_CORE_BATCH_RECONCILIATION_HPP

#include <replicate/core/create_signature.hpp>
#include <replicate/identifier.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate::core {

/// A target as a journal keeps it: as it is written, and a deployment with that word in front.
inline std::string target_text(model_ref const& target)
{
    return (target.kind() == model_ref::form::deployment ? "deployment " : "") + target.str();
}

/// The same back. An `error` of `errc::invalid_argument` where it is none.
inline model_ref target_of_text(std::string_view text)
{
    constexpr std::string_view word = "deployment ";
    if (!text.starts_with(word))
        return model_ref(text);
    text.remove_prefix(word.size());
    std::size_t const slash = std::min(text.find('/'), text.size());
    return model_ref(deployment(text.substr(0, slash), text.substr(std::min(slash + 1, text.size()))));
}

/// A row whose prediction was about to be created when its batch was ended.
class intended_row {
public:
    /// The row, and what it was about to run.
    std::string custom_id;
    model_ref target;
    std::string input_hash;
    /// When, by the clock of this machine.
    std::chrono::system_clock::time_point intended_at;

    intended_row(std::string id, model_ref what, std::string hash, std::chrono::system_clock::time_point when)
        : custom_id(std::move(id))
        , target(std::move(what))
        , input_hash(std::move(hash))
        , intended_at(when)
    {
    }
};

/// What became of it.
enum class intent_outcome {
    /// It was created.
    created,
    /// It was certainly not created.
    absent,
    /// Either may be.
    unknown
};

/// What became of one row.
class intent_verdict {
public:
    /// What.
    intent_outcome outcome = intent_outcome::unknown;
    /// The prediction, where it was created.
    std::string id;

    intent_verdict() = default;
};

/// Tells for the rows of a batch that was killed which of them were created, from the list of predictions. Rows that ask for the same are
/// interchangeable: each gets one of what was created, and none is given twice. Only where nothing in the list can be of a row is it
/// absent, and may be created again.
class batch_reconciliation {
public:
    using system = std::chrono::system_clock::time_point;

    /// `ahead`: how much the clock of the service is ahead of the one by which the times of the rows were taken; `margin`: how wrong that
    /// may be.
    batch_reconciliation(std::vector<intended_row> rows, std::chrono::system_clock::duration ahead, std::chrono::system_clock::duration margin)
        : rows_(std::move(rows))
        , verdicts_(rows_.size())
        , shift_(ahead - margin)
    {
        std::sort(rows_.begin(), rows_.end(),
            [](intended_row const& left, intended_row const& right) { return left.intended_at < right.intended_at; });
    }

    /// The same, where it is known later; before anything is listed.
    void set_ahead(std::chrono::system_clock::duration ahead, std::chrono::system_clock::duration margin) noexcept { shift_ = ahead - margin; }

    /// From when on the list is to be read. Precondition: there are rows.
    system begin() const { return rows_.front().intended_at + shift_; }

    /// A prediction of the list that belongs to no row yet.
    void on_listed(listed_prediction listed)
    {
        if (!listed.made_on_web && !listed.id.empty())
            listed_.push_back(std::move(listed));
    }

    /// Those of which the list told no input, so that they have to be asked for.
    std::vector<std::string> questions() const
    {
        std::vector<std::string> ids;
        for (listed_prediction const& each : listed_)
            if (each.input_hash.empty() && !each.data_removed)
                ids.push_back(each.id);
        return ids;
    }

    /// One of them.
    void on_asked(listed_prediction told)
    {
        for (listed_prediction& each : listed_)
            if (each.id == told.id)
                each = told;
    }

    /// All was listed. `whole`: the list was read to where it begins to be too old.
    void settle(bool whole)
    {
        std::sort(listed_.begin(), listed_.end(), [](listed_prediction const& left, listed_prediction const& right) {
            return std::pair(left.created_at, left.id) < std::pair(right.created_at, right.id);
        });
        // Each row takes the first that fits it: the rows and the predictions are both in the order of their times.
        for (std::size_t i = 0; i < rows_.size(); ++i)
            adopt(i);
        for (std::size_t i = 0; i < rows_.size(); ++i)
            if (verdicts_[i].outcome != intent_outcome::created)
                verdicts_[i].outcome = whole && !has_candidate(rows_[i]) ? intent_outcome::absent : intent_outcome::unknown;
    }

    /// The rows, in the order of their times.
    std::vector<intended_row> const& rows() const noexcept { return rows_; }

    /// What became of them, in the same order.
    std::vector<intent_verdict> const& verdicts() const noexcept { return verdicts_; }

private:
    bool is_in_time(intended_row const& row, listed_prediction const& found) const
    {
        return !found.created_at || *found.created_at >= row.intended_at + shift_;
    }

    void adopt(std::size_t number)
    {
        intended_row const& row = rows_[number];
        json::object const none;
        create_signature const signature(row.target, none);
        auto const found = std::find_if(listed_.begin(), listed_.end(), [&](listed_prediction const& each) {
            return each.input_hash == row.input_hash && is_in_time(row, each) && each.may_be_of(signature, target_names());
        });
        if (found == listed_.end())
            return;
        verdicts_[number].outcome = intent_outcome::created;
        verdicts_[number].id = found->id;
        listed_.erase(found);
    }

    /// Whether something that is left may be of this row: the service does not always tell the version, the deployment, the input.
    bool has_candidate(intended_row const& row) const
    {
        return std::any_of(listed_.begin(), listed_.end(), [&](listed_prediction const& each) {
            return is_in_time(row, each) && (each.input_hash.empty() || each.input_hash == row.input_hash);
        });
    }

    std::vector<intended_row> rows_;
    std::vector<intent_verdict> verdicts_;
    std::vector<listed_prediction> listed_;
    std::chrono::system_clock::duration shift_;
};

} // namespace replicate::core

#endif
