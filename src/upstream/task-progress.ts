import type { Progress } from '../core/call.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';

/** Progress must grow with each message; a new status grows it by this little. */
const STEP = 1e-9;

/** Tells progress and the status messages of a task as one: a new status message goes out with the last progress. */
export function withStatus(tell: (progress: Progress) => void) {
  let last: Progress = { progress: 0 };
  return {
    onProgress: (progress: Progress) => {
      last = progress;
      tell(progress);
    },
    onStatus: (task: JsonObject) => {
      const message = isJsonObject(task) ? task.statusMessage : undefined;
      if (typeof message !== 'string') return;
      last = { ...last, progress: last.progress + STEP, message };
      tell(last);
    },
  };
}
