// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTING_DELIVERY_OPTIONS_HPP
#define REPLICATE_TESTING_DELIVERY_OPTIONS_HPP

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace replicate::testing {

/// What the header Content-Length of an output file says.
enum class delivery_length {
    /// How long the body is.
    right,
    /// Nothing: the body ends with the connection.
    absent,
    /// More than there is; then the connection ends.
    too_long,
    /// Less than there is; then the connection ends.
    too_short
};

/// How the local server delivers one output file, or all of them. A plain value; as it is made, it behaves as the
/// service does.
class delivery_options {
public:
    /// Answers 401 until the server's token is sent.
    bool needs_token = false;
    /// Answers 400 when an Authorization header is sent, whatever is in it.
    bool fails_with_token = false;
    /// Files are there for so long after their prediction was created; empty: until its data are removed.
    std::optional<std::chrono::system_clock::duration> lifetime;
    /// What is answered after that: 403 or 404.
    unsigned expired_status = 404;
    /// This status instead of the file; 0 for none.
    unsigned status = 0;
    /// Sends to this origin (`https://127.0.0.1:PORT`, say) instead of answering; the path stays. Empty for none.
    std::string redirect_to;
    /// The status of that answer.
    unsigned redirect_status = 302;

    /// Whether `Range` is understood. Otherwise the whole file comes with 200, and `accept-ranges` is not sent.
    bool ranges = true;
    /// Whether there is an `etag`, and a `last-modified`.
    bool validators = true;
    /// Each answer has an etag of its own, as if the file changed every time.
    bool changing_etag = false;
    /// What Content-Length says.
    delivery_length length = delivery_length::right;
    /// The answer ends after so many bytes of its body.
    std::optional<std::size_t> cut_after_bytes;
    /// With a TCP reset.
    bool reset = false;
    /// In place of the file's own; empty for that.
    std::string content_type;

    /// As the service.
    delivery_options() = default;
};

} // namespace replicate::testing

#endif
