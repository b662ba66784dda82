// A driver for standalone Asio.
#include "cases/drivers/cpp/asio_library.h"
#include "cases/drivers/driver_main.h"

int main() { return lastack::DriverMain(*lastack::MakeAsio()); }
