// Included first by the headers that a test of yours includes: one sentence in place of a page of errors.
#ifndef LASTACK_MOCKS_NEEDS_CPP20_H_
#define LASTACK_MOCKS_NEEDS_CPP20_H_

#if __cplusplus <= 201703L
// clang-format off
#error "lastack's mocks need C++20: compile your test with -std=c++20, by copts = [\"-std=c++20\"] in its rule or --cxxopt=-std=c++20 in your .bazelrc"
// clang-format on
#endif

#endif  // LASTACK_MOCKS_NEEDS_CPP20_H_
