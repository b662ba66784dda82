# A driver for Perl's IO::Socket.
use strict;
use warnings;
use Errno qw(EBADF);
use FindBin;
use IO::Socket::INET;
use lib $FindBin::RealBin;
use Protocol;

$SIG{PIPE} = 'IGNORE';    # as perlipc advises

my %sockets;

# A verb on a handle that must exist.
sub on {
    my ($do) = @_;
    return sub { my ($handle, @args) = @_; $! = EBADF; return $sockets{$handle} && $do->($sockets{$handle}, @args); };
}

sub ending {
    my ($do) = @_;
    return sub { my $socket = delete $sockets{$_[0]}; $! = EBADF; return $socket && $do->($socket); };
}

sub linger { my ($socket, $seconds) = @_; return $socket->setsockopt(SOL_SOCKET, SO_LINGER, pack('ii', 1, $seconds)); }

sub receive {
    my ($socket, $most) = @_;
    my ($count, $data);
    do { $count = sysread($socket, $data, $most) } while !defined $count && $!{EINTR};    # the bare call, says perlipc
    return 0 unless defined $count;
    return $count ? 'ok ' . unpack('H*', $data) : 'eof';
}

sub spawn {
    my $pid = fork // return 0;
    if ($pid == 0) { exec { $_[0] } @_ or exit 127; }
    return "ok $pid";
}

Protocol::serve({
    'hello' => sub { 'ok perl-io-socket abort' },
    'quit' => sub { 'ok' },
    'connect' => sub { $sockets{$_[0]} = IO::Socket::INET->new(PeerAddr => $_[1], PeerPort => $_[2], Proto => 'tcp') or return 0; 'ok' },
    'send' => on(sub { my ($socket, $data) = @_; print {$socket} pack('H*', $data) }),
    'recv' => on(\&receive),
    'finish' => on(sub { $_[0]->shutdown(SHUT_WR) }),
    'shutdown-receive' => on(sub { $_[0]->shutdown(SHUT_RD) }),
    'shutdown-both' => on(sub { $_[0]->shutdown(SHUT_RDWR) }),
    'set-linger' => on(\&linger),
    'close' => ending(sub { $_[0]->close }),
    'abort' => ending(sub { my $set = linger($_[0], 0); $_[0]->close && $set }),
    'listen' => sub {
        $sockets{$_[0]} = IO::Socket::INET->new(Listen => SOMAXCONN, LocalAddr => $_[1], LocalPort => $_[2], Proto => 'tcp', ReuseAddr => 1) or return 0;
        return 'ok ' . $sockets{$_[0]}->sockport;
    },
    'accept' => on(sub { my ($listener, $handle) = @_; $sockets{$handle} = $listener->accept or return 0; 'ok' }),
    'stop' => ending(sub { $_[0]->close }),
    'spawn' => \&spawn,
});
