// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_PREDICTION_BOOK_HPP
#define REPLICATE_IMPL_TESTING_PREDICTION_BOOK_HPP

#include <replicate/impl/testing/prediction_record.hpp>

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace replicate::testing::detail {

/// All predictions, by id and in the order of their creation. Safe from any thread: records are handed out as copies of
/// a pointer to something that never changes; a change replaces the record.
class prediction_book {
public:
    using record_pointer = std::shared_ptr<prediction_record const>;

    void add(prediction_record made)
    {
        auto record = std::make_shared<prediction_record const>(std::move(made));
        std::lock_guard const lock(mutex_);
        positions_.emplace(record->id, in_order_.size());
        in_order_.push_back(std::move(record));
    }

    /// Null where there is none.
    record_pointer find(std::string_view id) const
    {
        std::lock_guard const lock(mutex_);
        auto const found = positions_.find(std::string(id));
        return found == positions_.end() ? nullptr : in_order_[found->second];
    }

    /// Changes a record; returns the changed one, or null where there is none.
    template<class Change>
    record_pointer update(std::string_view id, Change const& change)
    {
        std::lock_guard const lock(mutex_);
        auto const found = positions_.find(std::string(id));
        if (found == positions_.end())
            return nullptr;
        auto changed = std::make_shared<prediction_record>(*in_order_[found->second]);
        change(*changed);
        in_order_[found->second] = changed;
        return changed;
    }

    /// Up to `limit` records created before `before` and at or after `after`, newest first, beginning with the one at
    /// position `from` (counted from 0 in the order of creation) or older. Positions stay what they are for ever.
    std::vector<std::pair<std::size_t, record_pointer>> page(std::size_t from, std::size_t limit,
        std::chrono::system_clock::time_point after, std::chrono::system_clock::time_point before) const
    {
        std::lock_guard const lock(mutex_);
        auto const first_too_new = std::partition_point(in_order_.begin(), in_order_.end(),
            [&](record_pointer const& record) { return record->created.system < before; });
        std::size_t position = static_cast<std::size_t>(first_too_new - in_order_.begin());
        position = from < position ? from + 1 : position;
        std::vector<std::pair<std::size_t, record_pointer>> found;
        while (position-- > 0 && found.size() < limit && in_order_[position]->created.system >= after)
            found.emplace_back(position, in_order_[position]);
        return found;
    }

    std::vector<std::string> ids() const
    {
        std::lock_guard const lock(mutex_);
        std::vector<std::string> all;
        all.reserve(in_order_.size());
        for (record_pointer const& record : in_order_)
            all.push_back(record->id);
        return all;
    }

private:
    mutable std::mutex mutex_;
    std::unordered_map<std::string, std::size_t> positions_;
    std::vector<record_pointer> in_order_;
};

} // namespace replicate::testing::detail

#endif
