#!/bin/sh
# Rebuilds static/vendor, static/fonts and static/fonts.css from the versions that package.json names.
# Needs Node 20 or later and a Python with fontTools (requirements/base.txt). See docs/reference/vendored.md.
set -eu
cd "$(dirname "$0")"
test -d node_modules || npm install --no-package-lock --no-audit --no-fund
mkdir -p ../static/vendor
{
  printf '/*! GOV.UK Frontend 6.6.0, parts of it, compiled from frontend/govuk.scss. MIT licence: static/vendor/LICENCES.txt */\n'
  npx sass --no-source-map --no-charset --style=compressed --load-path=node_modules govuk.scss
} >../static/vendor/govuk-frontend.css
# The maps are not shipped, so the line that names one goes as well.
sed '/^\/\/# sourceMappingURL/d' node_modules/signature_pad/dist/signature_pad.min.js >../static/vendor/signature_pad.min.js
# The reader alone. Its default address of the wasm file, at another host, is taken out; our page names our own copy.
sed 's#https://[^`]*/dist/${n\[1\]}/${e}#${e}#' node_modules/zxing-wasm/dist/iife/reader/index.js >../static/vendor/zxing_reader.js
cp node_modules/zxing-wasm/dist/reader/zxing_reader.wasm ../static/vendor/zxing_reader.wasm
"${PYTHON:-python}" fonts.py
