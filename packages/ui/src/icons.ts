/**
 * Our own drawings on a 24-unit grid: strokes only, 1.8 wide, round ends; colour is the text's.
 * They are always decorative: the word beside them says the same thing.
 */
const drawings: Readonly<Record<string, string>> = {
  pin: "M12 21s7-6.4 7-12a7 7 0 1 0-14 0c0 5.6 7 12 7 12zM12 11.400a2.4 2.4 0 1 0 0-4.8 2.4 2.4 0 0 0 0 4.800z",
  file: "M6 3h8.500L19 7.500V21H6zM14 3v5h5M9.5 12.500h6M9.5 16.500h6",
  house: "M3.5 11.5 12 4l8.5 7.500M6 9.500V20h12V9.500M10 20v-5.500h4V20",
  hall: "M3.5 20.500h17M5 20.500V10l7-5.5 7 5.500v10.500M9 20.500v-7M12 20.500v-7M15 20.500v-7M5 10h14",
  truck:
    "M2.5 6h11v10.500h-11zM13.5 9.500h4l4 4v3h-8M7 19.500a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM17.5 19.500a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  school: "M2 9.5 12 5l10 4.500L12 14zM6 11.500V17c3.5 2.5 8.5 2.5 12 0v-5.500M22 9.500V15",
  works: "M9.5 4h5l4.5 15.500H5zM8.3 9h7.400M6.8 14.500h10.400M3 19.500h18",
  lamp: "M6 21V7a4 4 0 0 1 8 0v1M10.5 12a3.5 3.5 0 0 1 7 0zM3.5 21h5M14 15v2M17.5 14.500l1.5 1.500M10.5 14.5 9 16",
  tree: "M12 21v-8M12 17l3.5-3M12 3c3 0 5 2.2 5 4.7 1.8.6 3 2.1 3 3.800a4 4 0 0 1-4 4H8a4 4 0 0 1-4-4c0-1.7 1.2-3.2 3-3.800C7 5.2 9 3 12 3z",
  trash: "M4 6.500h16M9.5 6.500V4h5v2.500M6 6.5 7 20.500h10l1-14M10 10.500v6M14 10.500v6",
  bulky:
    "M4 19v-7a2 2 0 0 1 4 0v2.500h8V12a2 2 0 0 1 4 0v7M4 19h16M6.5 10V7a2 2 0 0 1 2-2h7a2 2 0 0 1 2 2v3M6 19v2M18 19v2",
  water: "M12 3s6.5 7 6.5 11.500a6.5 6.5 0 0 1-13 0C5.5 10 12 3 12 3zM9 15a3 3 0 0 0 3 3",
  road: "M8 3.5 3.5 20.500M16 3.500l4.5 17M12 4v3.500M12 10.500V14M12 17v3.5",
  bench: "M4 7h16M4 11h16M2.5 15h19M6 15v5M18 15v5M6 7v8M18 7v8",
  animal:
    "M12 19.500c-3.5 1.5-6 .5-6-2 0-3 3-6 6-6s6 3 6 6c0 2.5-2.5 3.5-6 2zM5 11.500v-1M9.5 7.500V6M14.5 7.500V6M19 11.500v-1",
  noise: "M4 9.500v5h3.500L12 18.500v-13L7.5 9.500zM15.5 9.500a3.5 3.5 0 0 1 0 5M18 7a7 7 0 0 1 0 10",
  car: "M4 17.500v-5L6.5 7h11l2.5 5.500v5zM4 12.500h16M6 17.500V20M18 17.500V20M7 15h1.500M15.5 15H17",
  people:
    "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c0-4 3-6 6.5-6s6.5 2 6.5 6M16 4.500a3.5 3.5 0 0 1 0 6.300M18 14.500c2.2.8 3.5 2.7 3.5 5.5",
  person: "M12 11.500a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.500c0-4.2 3.3-6.5 7.5-6.500s7.5 2.3 7.5 6.5",
  search: "M10.5 17.500a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM15.7 15.7 20.5 20.5",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5.500l3.5 2",
  calendar: "M4 6h16v14.500H4zM4 10.500h16M8.5 3.500V8M15.5 3.500V8",
  phone:
    "M5 4h4l1.5 4.5-2.3 1.700c1 2.3 2.8 4.1 5.1 5.100l1.7-2.300L19.5 14.500V18.500c0 .9-.7 1.5-1.6 1.500C10.5 19.6 4.5 13.5 4 5.6 4 4.7 4.3 4 5 4z",
  mail: "M3 5.500h18v13H3zM3.5 6.5 12 13l8.5-6.5",
  camera: "M3 7.500h4.500L9 5h6l1.5 2.500H21v12H3zM12 16.500a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z",
  warning: "M12 3.5 22 20.500H2zM12 10v5M12 17.800v.2",
  info: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5.500M12 7.600v.2",
  check: "M4.5 12.500l5 5L19.5 7",
  "check-circle": "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8 12.200l2.8 2.800L16 9.5",
  cross: "M6 6l12 12M18 6 6 18",
  plus: "M12 5v14M5 12h14",
  arrow: "M4.5 12h15M13.5 6l6 6-6 6",
  back: "M19.5 12h-15M10.5 6l-6 6 6 6",
  down: "M6 9.500l6 6 6-6",
  lock: "M5.5 10.500h13v10h-13zM8.5 10.500V7.500a3.5 3.5 0 0 1 7 0v3M12 14.500v2.5",
  key: "M8 16.500a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM12.5 12h9M18 12v3.5",
  print: "M7 9V3.500h10V9M7 17H3.500V9h17v8H17M7 13.500h10v7H7z",
  share:
    "M6 14a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM17.5 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM17.5 21a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM8.3 10.300l7-3.600M8.3 12.700l7 4.6",
  note: "M4 4h16v11l-5 5H4zM20 15h-5v5M8 8.500h8M8 12.500h5",
  message: "M4 4.500h16v12h-9l-4.5 4v-4H4z",
  settings:
    "M4 7h9M17 7h3M4 12h3M11 12h9M4 17h9M17 17h3M15 9a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM9 14a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM15 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  menu: "M4 6.500h16M4 12h16M4 17.500h16",
  out: "M13 4H5v16h8M10 12h10.500M16.5 8l4 4-4 4",
  hexagon:
    "M12 2.500l8.2 4.750v9.500L12 21.500l-8.2-4.750v-9.500zM12 12a2.600 2.600 0 1 0 0-5.200 2.600 2.600 0 0 0 0 5.200zM7.2 18.300c.6-2.600 2.400-4 4.800-4s4.200 1.400 4.800 4",
  globe: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM3 12h18M12 3c-5 5-5 13 0 18 5-5 5-13 0-18z",
};

export const iconNames = Object.keys(drawings);

/** Inline SVG, hidden from assistive technology. @throws Error when there is no such drawing. */
export function iconSvg(name: string): string {
  const drawing = drawings[name];
  if (!drawing) throw new Error(`no icon is called "${name}"`);
  return `<svg class="icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false"><path d="${drawing}"/></svg>`;
}
