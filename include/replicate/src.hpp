// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0. (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Separate compilation: include this file in exactly one translation unit of the program, and define the three
// macros below in all of them. It also holds the compiled parts of Asio, Beast, Boost.JSON and Boost.URL, so that
// neither libboost_json nor libboost_url is linked. CMake users link replicate::replicate_compiled instead, which
// does all of this.

#ifndef REPLICATE_SRC_HPP
#define REPLICATE_SRC_HPP

#ifndef REPLICATE_SEPARATE_COMPILATION
#error "replicate/src.hpp needs REPLICATE_SEPARATE_COMPILATION, defined for the whole program"
#endif
#ifndef BOOST_ASIO_SEPARATE_COMPILATION
#error "replicate/src.hpp needs BOOST_ASIO_SEPARATE_COMPILATION, defined for the whole program"
#endif
#ifndef BOOST_BEAST_SEPARATE_COMPILATION
#error "replicate/src.hpp needs BOOST_BEAST_SEPARATE_COMPILATION, defined for the whole program"
#endif

#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
#include <boost/json/src.hpp>
#include <boost/url/src.hpp>

// Every include/replicate/**/impl/*.ipp, in the order of the ranks.
#include <replicate/impl/account_limits.ipp>
#include <replicate/impl/batch.ipp>
#include <replicate/impl/file_operations.ipp>
#include <replicate/impl/client.ipp>
#include <replicate/impl/http.ipp>
#include <replicate/impl/limit_file.ipp>
#include <replicate/impl/map.ipp>
#include <replicate/impl/run.ipp>
#include <replicate/impl/stream.ipp>
#include <replicate/impl/webhook_listener.ipp>
#include <replicate/impl/testing/certificate.ipp>
#include <replicate/impl/testing/connection.ipp>
#include <replicate/impl/testing/fault_point.ipp>
#include <replicate/impl/testing/link.ipp>
#include <replicate/impl/testing/listener.ipp>
#include <replicate/impl/testing/proxy.ipp>
#include <replicate/impl/testing/script_file.ipp>
#include <replicate/impl/testing/send_body.ipp>
#include <replicate/impl/testing/server.ipp>
#include <replicate/impl/testing/server_state.ipp>
#include <replicate/impl/testing/service.ipp>
#include <replicate/impl/testing/stream_session.ipp>
#include <replicate/impl/testing/webhook_job.ipp>
#include <replicate/impl/testing/webhook_post.ipp>

#endif
