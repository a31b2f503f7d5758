// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_BATCH_OPTIONS_HPP
#define REPLICATE_BATCH_OPTIONS_HPP

#include <replicate/batch_summary.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace replicate {

/// How a batch is run. A plain value.
class batch_options {
public:
    /// The file of results: one JSON object a line, in the order in which the rows end. Made, or added to; one that the journal knows nothing of is
    /// kept beside it (`results.jsonl.earlier`). Its directory must exist.
    std::filesystem::path results = "results.jsonl";
    /// Whether the results are put into the order of the input when the run ends; not where several machines share the journal. Default: no.
    bool ordered = false;
    /// The same for what has failed: rows, and lines of the input that are no rows. A row that is run again is taken out of it when the run
    /// ends, unless it has failed again; not where several machines share the journal.
    std::filesystem::path errors = "errors.jsonl";
    /// The directory in which the files of the outputs are kept, those of each row in a directory of its own, which has its name. Made where
    /// it is not there. Empty: they are not kept; the service deletes them an hour after the end.
    std::filesystem::path files = "out";
    /// How many rows are at work at once, from the create to the result. At least 1. Default 64.
    std::size_t concurrency = 64;
    /// Whether rows that have failed are run again. Default: no.
    bool retry_failed = false;
    /// When the batch stops creating: after so many failed rows, `25`, or such a part of those that have ended, `10%`. Default: never.
    std::string max_failures;
    /// Prices, for what it costs. Default: none.
    price_table prices;
    /// When the batch stops creating: what has ended, in earlier runs with the same journal too, has cost so much by the prices. What
    /// is at work then still costs; what was paid for rows that failed and were run again is forgotten with the run that paid it.
    std::optional<double> max_cost;
    /// The same by the seconds that the models ran.
    std::optional<double> max_predict_time;
    /// How many predictions are created a second at most, whatever the service allows. Above zero. Default: as many as it allows.
    std::optional<double> creates_per_second;
    /// Asks the service to end each prediction so long after its creation; see `run_options::cancel_after`.
    std::optional<std::chrono::seconds> cancel_after;
    /// The rows of one of several processes: the part `shard` of `shards`, from 0 on. Each needs a journal and files of results of its own.
    std::uint32_t shard = 0, shards = 1;
    /// How often predictions are looked at while they are waited for: `wait_options::first_poll_interval` and `maximum_poll_interval`.
    std::chrono::steady_clock::duration first_poll_interval = std::chrono::milliseconds(500);
    /// See there.
    std::chrono::steady_clock::duration maximum_poll_interval = std::chrono::seconds(5);
    /// How long it waits before it tries again where nothing can be created or kept: no credit (402; then at least
    /// `rate_options::credit_pause`), no room, no connection. Default 30 s, at least 1 ms.
    std::chrono::steady_clock::duration pause = std::chrono::seconds(30);
    /// On a resumption with rows of which it is not known whether they were created: how long after its beginning the list of predictions is looked
    /// at. Until then a request that was on its way when the batch was killed may still be carried out. Default 60 s.
    std::chrono::steady_clock::duration settle = std::chrono::seconds(60);

    /// The defaults.
    batch_options() = default;
};

} // namespace replicate

#endif
