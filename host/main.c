/* SPDX-License-Identifier: Apache-2.0 */
/* The executable: everything is in libobservatory.so.1, so that plugins and the
 * process share one copy. */
#include "cli/cli.h"

int main(int argc, char **argv)
{
    return observatory_main(argc, argv);
}
