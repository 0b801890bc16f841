import { Laboratory } from '../performance/laboratory.ts';
import { all } from './arms/all.ts';
import type { ArmName, OpenArm } from './arms/arm.ts';
import { gateway } from './arms/gateway.ts';
import { original } from './arms/original.ts';
import { converse } from './conversation.ts';
import type { Endpoint } from './endpoint.ts';
import type { PlannedRun } from './plan.ts';
import type { Result } from './results.ts';
import { openScene } from './scene.ts';
import { score } from './score.ts';

const OPEN: Readonly<Record<ArmName, OpenArm>> = { all, gateway, original };

/** Makes one run, with servers, a gateway and a home of its own, of which nothing is left afterwards. */
export async function runTask({ key, task, tools }: PlannedRun, endpoint: Endpoint, maxTurns: number): Promise<Result> {
  const lab = new Laboratory();
  const startedAt = Date.now();
  try {
    const scene = await openScene(lab, task, tools);
    const arm = await OPEN[key.arm](scene, lab);
    const conversation = await converse(endpoint, arm, task.prompt, maxTurns);
    const { used, meant: _, ...told } = conversation;
    const received = scene.received();
    const isMeta = key.arm !== 'all';
    return {
      ...key,
      ...score(task, tools, { ...conversation, received }),
      ...told,
      searches: isMeta ? count(used, 'search') : 0,
      describes: isMeta ? count(used, 'describe') : 0,
      received,
      seconds: Math.round((Date.now() - startedAt) / 1000),
    };
  } finally {
    await lab.close();
  }
}

const count = (names: readonly string[], name: string) => names.filter((each) => each === name).length;
