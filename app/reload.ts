import { settings, type AgwConfig } from './config';

/** What the settings say now, beside what they said when the process started. */
export interface Changes {
  /** Settings that changed and can be taken over while it runs. */
  taken: string[];
  /** Those that a restart takes over. */
  waiting: string[];
}

/** Settings that can change while it runs. */
const changeable: readonly string[] = ['LOG_LEVEL', 'MAX_CALLS', 'DRAIN_SECONDS'];

/** Which settings differ. */
export function changesBetween<C extends AgwConfig>(before: C, now: C): Changes {
  const isSame = (name: string) => JSON.stringify(before[name as keyof C]) === JSON.stringify(now[name as keyof C]);
  const changed = settings.map(({ name }) => name).filter((name) => !isSame(name));
  return {
    taken: changed.filter((name) => changeable.includes(name)),
    waiting: changed.filter((name) => !changeable.includes(name)),
  };
}

/** The settings that hold from now on: those that need a restart stay as they were. */
export function takenOver<C extends AgwConfig>(before: C, { LOG_LEVEL, MAX_CALLS, DRAIN_SECONDS }: C): C {
  return { ...before, LOG_LEVEL, MAX_CALLS, DRAIN_SECONDS };
}
