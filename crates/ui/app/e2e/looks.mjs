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

/** From a phone to a wall. What a size does not change is judged once in each theme, and once on a phone. */
const SHAPES = [
  { theme: "light", width: 360, height: 780, judged: true },
  { theme: "light", width: 1280, height: 840, judged: true },
  { theme: "dark", width: 1280, height: 840, judged: true },
  { theme: "dark", width: 360, height: 780 },
  { theme: "dark", width: 2560, height: 1_300 },
  { theme: "light", width: 3840, height: 2_000 },
];
/** What roles and languages change: what fits, and for roles what may be used. */
const PHONE = { theme: "light", width: 360, height: 780 };
const DESK = { theme: "light", width: 1280, height: 840 };

/** Looks at several views at once: most of a look is waiting. */
async function each(open, paths, name, shapes, options) {
  const left = [...paths];
  const complaints = [];
  const looker = async () => {
    const page = await open(undefined, options);
    for (let next = left.shift(); next; next = left.shift()) {
      const [id, path] = next;
      complaints.push(...(await look(page, page.base, path, `${id}-${name}`, shapes, PICTURES)));
    }
    // Nothing is left to judge when the journey ends.
    await page.goto("about:blank");
  };
  await Promise.all([looker(), looker()]);
  if (complaints.length > 0) throw new Error([...new Set(complaints)].join("\n"));
}

const screens = SCREENS.map(({ id, path }) => [id, path]);
const below = (world) => views(world).map((path) => [path.replace(/[\da-f]{8}-[\da-f-]{27}/, "one").replace(/\W+/g, "-"), path]);

export const journeys = Object.fromEntries([
  [
    "every view of an administrator, light and dark, from a phone to a wall",
    ({ open, world }) => each(open, [...screens, ...below(world)], "administrator", SHAPES, { user: "administrator" }),
  ],
  ...["supervisor", "developer", "monitor"].map((user) => [
    `every screen of a ${user}, on a phone and at a desk`,
    ({ open }) => each(open, screens, user, [PHONE, { ...DESK, judged: true }], { user }),
  ]),
  ...["de-DE", "ja-JP"].map((locale) => [
    `every view of an administrator in ${locale}, on a phone and at a desk`,
    ({ open, world }) => each(open, [...screens, ...below(world)], locale, [PHONE, DESK], { user: "administrator", locale }),
  ]),
]);
