/* SPDX-License-Identifier: Apache-2.0 */
/* sekisho-watch: lives beside sekishod and tells it of readers and cards. Started like sekisho-card. */
#include "card/process.h"
#include "watch/watch.h"

int main(void)
{
	if (process_lock_in() != SK_OK)
		return 2;
	return watch_run(PROCESS_FD) == SK_E_GONE ? 0 : 1;
}
