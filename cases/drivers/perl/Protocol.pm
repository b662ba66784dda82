# The driver protocol over standard input and output, for verbs that block (PORTING.md).
package Protocol;

use strict;
use warnings;
use Errno;

# Of $!, as it stands.
sub failed {
    my ($name) = grep { $!{$_} } sort keys %!;
    return 'error ' . ($name // 'EIO');
}

# Answers by what stands in %$verbs until `quit`. True from a verb that is no text: `ok`; false: the error in $!.
sub serve {
    my ($verbs) = @_;
    $| = 1;
    while (my $line = <STDIN>) {
        my ($tag, $verb, @args) = split ' ', $line;
        my $reply = exists $verbs->{$verb} ? ($verbs->{$verb}->(@args) || failed()) : 'unimplemented';
        $reply = 'ok' unless $reply =~ /^(ok|eof|error|unimplemented)\b/;
        print "$tag $reply\n";
        last if $verb eq 'quit';
    }
    return;
}

1;
