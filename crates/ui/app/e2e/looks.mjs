// How it looks: every screen and every view below it, light and dark, narrow to very wide, for every role.
import { PICTURES } from "./hands.mjs";
import { SCREENS, look } from "./look.mjs";
import { BILLING, SALES } from "./world.mjs";

/** Views below the screens themselves, as an administrator sees them. */
const views = ({ weekdays, north, east, hook }) => [
  "capacity/load",
  `capacity/rules/${weekdays}`,
  `capacity/rules/${weekdays}/exceptions`,
  `capacity/rules/${weekdays}/text`,
  `capacity/rules/${weekdays}/preview`,
  `numbers/rules/${north}`,
  `regions/rules/${east}`,
  `services/named/${SALES}`,
  `services/named/${BILLING}`,
  "services/new",
  "services/revisions",
  "services/revisions/2",
  "hours/named/BH_Sales",
  "hours/named/office_hours",
  "call-in/groups",
  "call-in/groups/named/technical_help",
  `webhooks/${hook}`,
  "webhooks/new",
  "callbacks/new",
];

const HEIGHTS = { 360: 780, 1280: 840, 2560: 1_300, 3840: 2_000 };

const every = (user, width, colorScheme) => async ({ base, open, world }) => {
  const page = await open(undefined, { user, colorScheme, viewport: { width, height: HEIGHTS[width] } });
  const complaints = [];
  const paths = SCREENS.map(({ id, path }) => [id, path]);
  if (user === "administrator") paths.push(...views(world).map((path) => [path.replace(/[\da-f]{8}-[\da-f-]{27}/, "one").replace(/\W+/g, "-"), path]));
  for (const [id, path] of paths) complaints.push(...(await look(page, base, path, `${id}-${colorScheme}-${width}-${user}`, PICTURES)));
  if (complaints.length > 0) throw new Error([...new Set(complaints)].join("\n"));
};

const sizes = [
  ["light", 1280],
  ["dark", 1280],
  ["light", 360],
  ["dark", 2560],
  ["light", 3840],
];

export const journeys = Object.fromEntries([
  ...sizes.map(([theme, width]) => [`every view of an administrator, ${theme}, ${width} wide`, every("administrator", width, theme)]),
  ...["supervisor", "developer", "monitor"].map((role) => [`every screen of a ${role}`, every(role, 1280, role === "monitor" ? "dark" : "light")]),
]);
