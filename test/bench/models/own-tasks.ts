import type { Task } from './task.ts';
import { GOODS_TASKS } from './tasks/goods.ts';
import { OFFICE_TASKS } from './tasks/office.ts';
import { OPERATIONS_TASKS } from './tasks/operations.ts';

/** All tasks of ours. */
export const OWN_TASKS: readonly Task[] = [...OFFICE_TASKS, ...GOODS_TASKS, ...OPERATIONS_TASKS];
