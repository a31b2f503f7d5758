// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTING_SCRIPT_FILE_HPP
#define REPLICATE_TESTING_SCRIPT_FILE_HPP

// What a local server shall do, written as JSON, for programs in any language:
//
//     {
//       "models": {
//         "acme/llm": {
//           "required": ["prompt"],
//           "boot": 200,
//           "steps": [{"log": "loading"}, {"run": 100}, {"pieces": ["Hello", " world"], "each": 50}],
//           "metrics": {"output_token_count": 2}
//         },
//         "acme/image": {
//           "files": [{"name": "out.png", "type": "image/png", "base64": "iVBORw0KGgo="}]
//         },
//         "acme/broken": {"steps": [{"run": 20}], "fail": "out of memory"}
//       },
//       "deployments": {"acme/production": "acme/llm"},
//       "faults": [
//         {"for": "create", "times": 2, "status": 503},
//         {"for": "get", "every": 3, "delay": 500},
//         {"for": "download", "always": true, "do": "reset_after_request"}
//       ],
//       "streams": [{"next": 1, "cut_after_events": 1, "cut": "reset"}, {"close_after_done": true}],
//       "deliveries": [{"next": 3, "cut_after_bytes": 1000}],
//       "webhooks": {"throttle": 0, "duplicated": true}
//     }
//
// All times are milliseconds. Every member may be left out.
//
// A model: `required` (members without which an input is refused), `boot`, `steps`, then how it ends: `output` (any JSON),
// `files` (one: the output is its URL; several: the list of their URLs), `fail` (the error), `abort: true`,
// `never_ends: true`; `stream` (`automatic`, `none`, `text`, `files`), `metrics`, `schema` (its `openapi_schema`). A step is
// `log`, `run`, `piece` (any JSON) or `pieces` (texts, with `each` before every one). A file has `name`, `type` and `text`,
// `base64`, `path` (of a file of this machine) or `size` (so many zero bytes).
//
// A fault: `for` (`any`, `create`, `get`, ...: the words of `operation`), one of `times: N` (the next N; default 1),
// `every: N` and `always: true`, then what happens: `delay`, `status` with `body` and `headers`, `redirect: URL` with `status`,
// `cut_answer: BYTES`, `drip: BYTES A SECOND`, `raw: TEXT`, or `do`: `drop_before_request`, `drop_after_request`,
// `reset_after_request`, `garbage`, `never_read`, `never_answer`, `stall_handshake`, `close_after_answer`.
//
// `streams` and `deliveries` have the members of `stream_options` and `delivery_options`, and `next: N` for the next N only;
// `webhooks` has those of `webhook_options`. `links` leads `get`, `cancel`, `stream` and `output` to other origins.

#include <replicate/detail/config.hpp>
#include <replicate/testing/script_file_error.hpp>
#include <replicate/testing/server.hpp>

#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace replicate::testing {

/// Does with a server what a script file says. Nothing is done where the JSON is wrong as such; what stands before another
/// mistake was done already. Throws `script_file_error`.
void load_script(server& target, std::string_view text);

/// Reads a model of a script file: the life of its predictions. `place` is what errors call it. Throws `script_file_error`.
script read_script(json::value const& model, std::string const& place);

} // namespace replicate::testing

#ifndef REPLICATE_SEPARATE_COMPILATION
#include <replicate/impl/testing/script_file.ipp>
#endif

#endif
