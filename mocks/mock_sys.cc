#include "mocks/mock_sys.h"

#include "harness/sys/errno_names.h"

namespace lastack {

MockSys::MockSys(SysApi& fallback) {
#define LASTACK_SYS_API_CALL(name, parameters, arguments) \
  ON_CALL(*this, name).WillByDefault(::testing::Invoke(&fallback, &SysApi::name));
#include "harness/sys/sys_api_calls.inc"
}

// Here, not in the header: GoogleMock's destructors are slow to compile.
MockSys::~MockSys() = default;

void PrintTo(const SysResult& result, std::ostream* out) {
  *out << result.value;
  if (!result.ok()) *out << " " << ErrnoName(result.error);
}

}  // namespace lastack

template class ::testing::NiceMock<lastack::MockSys>;
template class ::testing::StrictMock<lastack::MockSys>;
