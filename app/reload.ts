import { settings, type Config } from './config';

/** What the settings say now, beside what they said when the process started. */
export interface Changes {
  /** Settings that changed and can be taken over while it runs. */
  taken: string[];
  /** Those that a restart takes over. */
  waiting: string[];
}

/** Settings that can change while it runs. */
const changeable: readonly (keyof Config)[] = ['LOG_LEVEL', 'MAX_CALLS', 'DRAIN_SECONDS'];

/** Which settings differ. */
export function changesBetween(before: Config, now: Config): Changes {
  const isSame = (name: keyof Config) => JSON.stringify(before[name]) === JSON.stringify(now[name]);
  const changed = settings.map(({ name }) => name as keyof Config).filter((name) => !isSame(name));
  return {
    taken: changed.filter((name) => changeable.includes(name)),
    waiting: changed.filter((name) => !changeable.includes(name)),
  };
}

/** The settings that hold from now on: those that need a restart stay as they were. */
export function takenOver(before: Config, { LOG_LEVEL, MAX_CALLS, DRAIN_SECONDS }: Config): Config {
  return { ...before, LOG_LEVEL, MAX_CALLS, DRAIN_SECONDS };
}
