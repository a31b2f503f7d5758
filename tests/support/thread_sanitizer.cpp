// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Asio counts the owners of a type-erased executor with a release decrement and an acquire fence before the deletion
// (boost/asio/detail/atomic_count.hpp). The thread sanitizer does not model fences, so it reports the deletion as a race with
// the other owner's decrement.
//
// An exception that a std::future hands to another thread is counted too, by std::exception_ptr, in the shared libstdc++, which is not
// built for the thread sanitizer: it does not see the count either. Nothing else is suppressed.

extern "C" char const* __tsan_default_suppressions();

extern "C" char const* __tsan_default_suppressions()
{
    return "race:boost::asio::execution::detail::shared_target_executor\n"
           "race:boost::asio::execution::detail::any_executor_base::destroy_shared\n"
           "race:std::__exception_ptr::exception_ptr::_M_release\n";
}
