// What most tests include beside that, precompiled by cc.bzl. No file relies on it.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/common_headers.h"
