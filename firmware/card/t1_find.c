/* SPDX-License-Identifier: Apache-2.0 */
/* Apart from the table, so that a test can stand in its place and see which rows are used. */
#include "card/t1_table.h"

size_t t1_table_find(enum t1_state state, enum t1_input event)
{
	size_t i = 0;

	for (; i < t1_table_n; i++) {
		if (t1_table[i].state != state)
			continue;
		if (t1_table[i].event == event || (t1_table[i].event == T1_E_ANY && event < T1_E_ANY))
			break;
	}
	return i;
}
