<?php
// zabbix_import.php TREE FILE: what Zabbix's own frontend has against importing a template. Its validator, its reader and
// its parsers are those of the package that is unpacked in TREE; there is no database and no server.
[, $tree, $file] = $argv;
error_reporting(E_ALL & ~E_DEPRECATED & ~E_NOTICE & ~E_WARNING);
$frontend = "$tree/usr/share/zabbix";
chdir($frontend);

spl_autoload_register(function ($class) use ($frontend) {
	static $places = null;
	if ($places === null) {
		$all = new RecursiveIteratorIterator(new RecursiveDirectoryIterator("$frontend/include/classes"));
		foreach ($all as $one) {
			if ($one->getExtension() === 'php') $places[$one->getBasename('.php')] = $one->getPathname();
		}
	}
	if (isset($places[$class])) require_once $places[$class];
});
// The words of errors are translated by what we do not start.
function _s($text, ...$values) { return vsprintf(preg_replace('/%(\d+)\$s/', '%$1$s', $text), $values); }
function _params($text, $values) { return vsprintf($text, $values); }
function _n($one, $many, $count) { return $count == 1 ? $one : $many; }
function _x($text, $context) { return $text; }
require_once 'vendor/autoload.php';
require_once 'include/defines.inc.php';
require_once 'include/func.inc.php';

function complain($what) {
	echo "$what\n";
	exit(1);
}

function see_key($key) {
	$parser = new CItemKey(['with_params' => true]);
	$parser->parse($key) === CParser::PARSE_SUCCESS or complain("key $key: " . $parser->getError());
}

function see_trigger($trigger, array $keys, $is_prototype) {
	$parser = new CExpressionParser(['usermacros' => true, 'lldmacros' => $is_prototype]);
	$parser->parse($trigger['expression']) === CParser::PARSE_SUCCESS
		or complain("expression {$trigger['expression']}: " . $parser->getError());
	$functions = $parser->getResult()->getTokensOfTypes([CExpressionParserResult::TOKEN_TYPE_HIST_FUNCTION]);
	$functions or complain("expression {$trigger['expression']}: of nothing");
	foreach ($functions as $function) {
		$key = $function['data']['parameters'][0]['data']['item'];
		in_array($key, $keys, true) or complain("expression {$trigger['expression']}: there is no $key");
	}
}

try {
	$data = CImportReaderFactory::getReader(CImportReaderFactory::YAML)->read(file_get_contents($file));
	$validator = new CXmlValidator(new CImportValidatorFactory('yaml'), 'yaml');
	$data = $validator->setStrict(true)->validate($data, '/');
} catch (Throwable $error) {
	complain($error->getMessage());
}
$export = $data['zabbix_export'];
$template = reset($export['templates']);
$keys = array_column($template['items'], 'key');
foreach ($template['discovery_rules'] as $rule) {
	see_key($rule['key']);
	$keys = array_merge($keys, array_column($rule['item_prototypes'], 'key'));
}
count($keys) === count(array_unique($keys)) or complain('two items have one key');
array_map('see_key', $keys);
$count = 0;
foreach ($template['items'] as $item) {
	foreach ($item['triggers'] ?? [] as $trigger) { see_trigger($trigger, $keys, false); ++$count; }
}
foreach ($template['discovery_rules'] as $rule) {
	foreach ($rule['item_prototypes'] as $item) {
		foreach ($item['trigger_prototypes'] ?? [] as $trigger) { see_trigger($trigger, $keys, true); ++$count; }
	}
}
foreach ($export['triggers'] ?? [] as $trigger) { see_trigger($trigger, $keys, false); ++$count; }
echo count($keys) . " items, $count triggers\n";
