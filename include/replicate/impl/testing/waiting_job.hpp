// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_WAITING_JOB_HPP
#define REPLICATE_IMPL_TESTING_WAITING_JOB_HPP

namespace replicate::testing::detail {

/// Something that waits for a prediction beside the connections. On the server's strand.
class waiting_job {
public:
    virtual ~waiting_job() = default;

    /// The prediction has changed.
    virtual void wake() = 0;

    /// The server ends.
    virtual void stop() = 0;

protected:
    waiting_job() = default;
    waiting_job(waiting_job const&) = delete;
    waiting_job& operator=(waiting_job const&) = delete;
};

} // namespace replicate::testing::detail

#endif
