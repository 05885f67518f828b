#include "publish/describe.h"

namespace systemcheck {

void describe_ends(const ProcessEndsStatus& ends, Metrics& metrics) {
  metrics.gauge(
      "systemcheck_process_connector_up",
      "Whether the kernel tells the daemon how processes end (1 = yes). If not, as in a container, it is "
      "read from the dead process, from Linux 6.15 on or while that is a zombie; else the cause of a death "
      "without a unit is unknown.",
      ends.is_alive ? 1 : 0);
  metrics.counter("systemcheck_process_connector_ends_total",
                  "Ends of main processes, or of their first threads, that the kernel told of.",
                  static_cast<double>(ends.ends_total));
  metrics.counter(
      "systemcheck_process_connector_losses_total",
      "Times the kernel had more to tell than the daemon could take; everything was looked at then.",
      static_cast<double>(ends.losses_total));
  metrics.counter("systemcheck_process_connector_invalid_total",
                  "Messages on the process connector that were not believed.",
                  static_cast<double>(ends.invalid_total));
}

}  // namespace systemcheck
