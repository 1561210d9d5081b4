import { closest, distance } from 'fastest-levenshtein';
import { settings } from './config';

/** What is set and is no setting, and the setting that is probably meant. */
export interface UnknownSetting {
  name: string;
  meant: string | undefined;
}

/** Spelling mistakes that two letters make good; in a short name, fewer. */
const mostMistakes = 2;
const lettersForEach = 4;

/**
 * Names that are probably settings with a spelling mistake.
 * @param environment names of all variables: those that resemble no setting are somebody else's
 * @param file names in .env, which has nothing but settings
 */
export function unknownSettings(environment: readonly string[], file: readonly string[] = []): UnknownSetting[] {
  const known = new Set(settings.map(({ name }) => name));
  const fromFile = new Set(file);
  return [...new Set([...environment, ...file])]
    .filter((name) => !known.has(name))
    .map((name) => ({ name, meant: settingLike(name) }))
    .filter(({ name, meant }) => meant !== undefined || fromFile.has(name));
}

/** One line for who runs the edge. */
export function saidOf({ name, meant }: UnknownSetting): string {
  return `${name} is no setting and is ignored${meant === undefined ? '' : `; did you mean ${meant}?`}`;
}

function settingLike(name: string): string | undefined {
  const letters = lettersOf(name);
  const names = new Map(settings.map((setting) => [lettersOf(setting.name), setting.name]));
  const nearest = closest(letters, [...names.keys()]);
  const most = Math.min(mostMistakes, Math.floor(nearest.length / lettersForEach));
  return distance(letters, nearest) <= most ? names.get(nearest) : undefined;
}

function lettersOf(name: string): string {
  return name.toUpperCase().replace(/[^A-Z0-9]/g, '');
}
